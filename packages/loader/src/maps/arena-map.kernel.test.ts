import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bpfFileSystem } from "../../../../test/bpf-file-system.ts";
import { requireKernel } from "../../../../test/kernel.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { codecFromBtf, u8 } from "../codec/index.ts";
import type { Codec } from "../codec/index.ts";
import { loadCollectionSync } from "../collection/index.ts";
import type { Collection } from "../collection/index.ts";
import { IncompatibleMapError, NotSupportedError } from "../errors/index.ts";
import { CollectionSpec } from "../spec/index.ts";
import { ArenaMap, HashMap } from "./index.ts";

interface Node {
  value: bigint;
  next: bigint;
}

const files = bpfFileSystem();
const object = readFileSync(new URL("../collection/fixtures/arena-list.el.o", import.meta.url));

let collection: Collection;
let arena: ArenaMap;
let node: Codec<Node>;
let before: readonly string[];

beforeEach((context) => {
  requireKernel(context);
  before = openKernelObjects();
  const spec = CollectionSpec.parse(object, "list");
  const { btf } = spec;
  node = codecFromBtf(btf!, btf!.find("node", "struct")!) as Codec<Node>;
  try {
    collection = loadCollectionSync(spec);
  } catch (error) {
    if (error instanceof NotSupportedError) context.skip(error.message);
    throw error;
  }
  arena = collection.maps.get("arena") as ArenaMap;
});
afterEach(() => {
  collection?.close();
  if (before !== undefined) expect(openKernelObjects()).toEqual(before);
});

const variable = (name: string): bigint => collection.variables.get(name)!.get() as bigint;
const run = (name: string): void => void collection.programs.get(name)!.run({});

function values(): bigint[] {
  const found: bigint[] = [];
  for (let at = variable("head"); at !== 0n;) {
    const { value, next } = arena.read(at, node);
    found.push(value);
    at = next;
  }
  return found;
}

describe("an arena without an object", () => {
  const ADDRESS = 1n << 44n;

  it("is memory of this process, and of programs that it is given to", () => {
    using own = ArenaMap.create({ name: "own", maxEntries: arena.maxEntries });
    expect(own.bytes.length).toBe(arena.bytes.length);
    own.bytes[5] = 7;
    expect(own.read(own.pointerTo(5), u8)).toBe(7);
    const { buffer } = own.bytes;
    own.close();
    expect(buffer.byteLength).toBe(0);
    expect(() => own.bytes).toThrow('map "own" is closed');
  });

  it("is where it is told to be, once in a process", () => {
    using own = ArenaMap.create({ name: "own", maxEntries: 1, address: ADDRESS });
    expect(own.pointerTo(8)).toBe(ADDRESS + 8n);
    own.bytes[8] = 9;
    using opened = ArenaMap.fromId(own.id);
    expect(() => opened.bytes).toThrow("where this process has something else: the same arena");
    own.close();
    expect(opened.bytes[8]).toBe(9);
    expect(opened.pointerTo(8)).toBe(ADDRESS + 8n);
  });

  it("is shared by its pin", (context) => {
    files.require(context);
    const definition = { maxEntries: 2, address: ADDRESS, pinPath: join(files.path, "arena") };
    {
      using first = ArenaMap.create(definition);
      first.bytes[0] = 3;
    }
    using second = ArenaMap.create(definition);
    expect(second.bytes[0]).toBe(3);
    second.close();
    using third = ArenaMap.fromPin(definition.pinPath);
    expect(third.bytes[0]).toBe(3);
    third.unpin();
  });

  it("is not pinned when it can't be mapped", (context) => {
    files.require(context);
    using _own = ArenaMap.create({ maxEntries: 1, address: ADDRESS });
    const pinPath = join(files.path, "other");
    expect(() => ArenaMap.create({ maxEntries: 1, address: ADDRESS, pinPath })).toThrow(
      "this process has something else",
    );
    expect(existsSync(pinPath)).toBe(false);
  });

  it("can't be just anywhere", () => {
    expect(() => ArenaMap.create({ maxEntries: 1, address: 5n })).toThrow("does not take the map_extra 5");
    expect(() => ArenaMap.create({ maxEntries: 1, address: 4096n * 2n })).toThrow("can't be mapped at address 0x2000");
    expect(() => ArenaMap.create({ maxEntries: 0 })).toThrow("max_entries is 0");
    expect(() => ArenaMap.create({ maxEntries: 2, address: ADDRESS + 0xffff_f000n })).toThrow("a multiple of 4 GiB");
    expect(() => HashMap.fromFd(arena.fd)).toThrow(IncompatibleMapError);
    using opened = ArenaMap.fromFd(arena.fd);
    expect(() => opened.bytes).toThrow("is not mapped by this process");
  });
});

describe("pointers of programs", () => {
  it("are followed", () => {
    expect(arena).toBeInstanceOf(ArenaMap);
    run("make");
    expect(values()).toEqual([5n, 4n, 3n, 2n, 1n]);
  });

  it("are made, for programs to follow", () => {
    run("make");
    // Variables are in the first page, or in the last.
    const middle = arena.bytes.length / 2;
    const place = arena.pointerTo(middle);
    expect(arena.offsetOf(place)).toBe(middle);
    arena.write(place, node, { value: 100n, next: variable("head") });
    collection.variables.get("head")!.set(place);
    run("add");
    expect(variable("sum")).toBe(115n);
    expect(values()[0]).toBe(100n);
    expect(node.read(new DataView(arena.bytes.buffer), middle).value).toBe(100n);
  });

  it("that lead elsewhere are refused", () => {
    const { length } = arena.bytes;
    expect(() => arena.offsetOf(0n)).toThrow("it is null");
    expect(() => arena.offsetOf(arena.pointerTo(length - 1) + 1n)).toThrow("is not in the arena");
    expect(() => arena.offsetOf(arena.pointerTo(0) + (1n << 40n))).toThrow("is not in the arena");
    expect(arena.offsetOf(BigInt.asUintN(32, arena.pointerTo(8)))).toBe(8);
    expect(() => arena.read(arena.pointerTo(length - 8), node)).toThrow("16 bytes at 0x");
    expect(() => arena.pointerTo(length)).toThrow("is not an integer from 0");
  });

  it("need an arena that is mapped and open", () => {
    {
      using clone = arena.clone();
      expect(() => clone.bytes).toThrow("is not mapped by this process");
    }
    arena.close();
    expect(() => arena.bytes).toThrow(expect.objectContaining({ code: "ERR_BPF_CLOSED" }));
    expect(() => arena.offsetOf(1n)).toThrow(expect.objectContaining({ code: "ERR_BPF_CLOSED" }));
  });
});
