import { Collection, loadCollection, loadObjectSync } from "bpf-loader";
import { linkObjects } from "bpf-loader/link-objects";
import { CollectionSpec } from "bpf-loader/spec";
import { afterEach, beforeEach, expect, it } from "vitest";
import { requireKernel } from "../kernel.ts";
import { openKernelObjects } from "../open-descriptors.ts";
import { counter } from "./expected/counter.ts";
import { library } from "./expected/library.ts";
import { linked } from "./expected/linked.ts";
import { fixture } from "./objects.ts";

const bytes = linkObjects(["linked-main", "linked-library"].map((name) => ({ name, bytes: fixture(`${name}.el.o`) })));
const spec = (): CollectionSpec => CollectionSpec.parse(bytes, "linked");
const packet = { data: new Uint8Array(64) };

let before: readonly string[] = [];
beforeEach((context) => {
  requireKernel(context);
  before = openKernelObjects();
});
afterEach(() => expect(openKernelObjects()).toEqual(before));

it("a library is found in a collection, with its own types", async () => {
  using collection = await loadCollection(spec());
  const mine = library.bind(collection);
  collection.programs.get("count")?.run(packet);
  expect(mine.variables.calls).toBe(1);
  mine.variables.limit = 3;
  expect(collection.variables.get("limit")?.get()).toBe(3);
  mine.maps.counters.set(2, { packets: 5n, bytes: 7n });
  expect(mine.maps.counters.get(2)).toEqual({ packets: 5n, bytes: 7n });
  // It is loaded when it is asked for, and was not.
  expect(mine.programs.read).toBeUndefined();
  mine.close();
  mine.close();
  expect(collection.maps.get("counters")?.closed).toBe(false);
});

it("a library is found in what a generated module loaded", () => {
  using objs = loadObjectSync(linked, { programs: { read: true } });
  {
    using mine = library.bind(objs);
    mine.variables.last = { packets: 1n, bytes: 2n };
    expect(objs.variables.last).toEqual({ packets: 1n, bytes: 2n });
    expect(mine.programs.read?.run(packet).returnValue).toBe(0);
    expect(mine.maps.counters.id).toBe(objs.maps.counters.id);
    expect(() => (mine.variables.calls = -1)).toThrow("-1");
  }
  expect(objs.maps.counters.get(0)).toEqual({ packets: 0n, bytes: 0n });
});

it("what is missing or different is told, all of it, and nothing stays open", async () => {
  using other = await counter.load();
  expect(() => library.bind(other)).toThrow(
    'library "library" is not in it: the object has no map "counters", no variable "calls", no variable "last", no variable "limit"',
  );
  const edited = spec();
  const map = edited.maps.get("counters")!;
  map.valueSize = 8;
  map.valueTypeId = 0;
  using collection = await loadCollection(edited);
  expect(collection).toBeInstanceOf(Collection);
  expect(() => library.bind(collection)).toThrow('values of map "counters": 8 bytes there, 16 in the library');
  const nothing: object = {};
  expect(() => library.bind(nothing as Collection)).toThrow("a library is bound to a Collection");
});
