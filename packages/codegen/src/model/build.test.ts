import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { CollectionSpec } from "bpf-loader/spec";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildModel } from "./build.ts";
import type { ModelOptions } from "./build.ts";
import type { ObjectModel } from "./object-model.ts";

const fixture = (name: string): Uint8Array =>
  readFileSync(fileURLToPath(new URL(`../../../../test/golden/fixtures/${name}`, import.meta.url)));
const specOf = (name: string): CollectionSpec => CollectionSpec.parse(fixture(name));
const model = (name: string, options: Partial<ModelOptions> = {}): ObjectModel =>
  buildModel(specOf(name), { file: "x.bpf.o", ...options });

const shuffled = <T>(map: Map<string, T>, order: readonly number[]): Map<string, T> =>
  new Map(
    [...map]
      .map((entry, i) => [order[i] ?? 0, entry] as const)
      .sort(([a], [b]) => a - b)
      .map(([, entry]) => entry),
  );

const typeNames = (types: readonly string[]): readonly string[] =>
  model("empty.el.o", { types }).types.map(({ identifier }) => identifier);

const recordType = (options: Partial<ModelOptions>): unknown =>
  model("maps.el.o", options).maps.find(({ cName }) => cName === "raw_events")?.value?.value;

describe("buildModel", () => {
  it.each([
    ["execsnoop.bpf.o", "execsnoop"],
    ["my-prog.bpf.o", "myProg"],
    ["prog.o", "prog"],
    ["prog.elf", "prog"],
    ["class.o", "class$"],
    ["u32.o", "u32$"],
    ["prog", "prog"],
    [".o", "object$"],
    ["…", "object$"],
    ["3.o", "_3"],
  ])("names the object in %s %s", (file, identifier) => {
    expect(model("empty.el.o", { file }).identifier).toBe(identifier);
  });

  it("does not depend on the order in which anything is listed", () => {
    const reference = model("names.el.o", { types: ["uses", "struct foo_bar"] });
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true }), { minLength: 40, maxLength: 40 }),
        fc.boolean(),
        (order, swap) => {
          const spec = specOf("names.el.o");
          const types = ["uses", "struct foo_bar"];
          const other = buildModel(
            new CollectionSpec({
              name: spec.name,
              littleEndian: spec.littleEndian,
              btf: spec.btf,
              license: spec.license,
              kernelVersion: spec.kernelVersion,
              kconfig: spec.kconfig,
              maps: shuffled(spec.maps, order),
              programs: shuffled(spec.programs, order),
              variables: shuffled(spec.variables, order),
            }),
            { file: "x.bpf.o", types: swap ? types.toReversed() : types },
          );
          expect(other).toEqual(reference);
        },
      ),
      { numRuns: 20 },
    );
  });

  it("is plain data", () => {
    const described = model("types.el.o");
    expect(JSON.parse(JSON.stringify(described))).toMatchObject(
      JSON.parse(JSON.stringify({ identifier: described.identifier, types: described.types })) as object,
    );
  });

  it("emits what is asked for, by whatever name", () => {
    expect(typeNames([])).toEqual([]);
    expect(typeNames(["number"])).toEqual(["Number"]);
    expect(typeNames(["typedef number"])).toEqual(["Number"]);
    expect(() => typeNames(["struct number"])).toThrow('no type "struct number"');
    expect(() => typeNames(["int"])).toThrow('no type "int"');
  });

  it("gives records the type that the options say", () => {
    expect(recordType({})).toBeUndefined();
    expect(recordType({ events: new Map([["raw_events", "event"]]) })).toMatchObject({ composite: "Event" });
    expect(recordType({ events: new Map([["raw_events", "struct flow_key"]]) })).toMatchObject({
      composite: "FlowKey",
    });
  });

  it("makes bytes of what contradicts itself, and says so", () => {
    const bytes = Buffer.from(fixture("maps.el.o"));
    // The members of struct event, 32-bit pid and char comm[16]: put the second far outside.
    const spec = CollectionSpec.parse(bytes);
    const { btf } = spec;
    const id = btf?.find("event", "struct") ?? 0;
    const type = btf?.type(id);
    if (btf === undefined || type?.kind !== "struct") throw new Error("the fixture has changed");
    const member = Buffer.alloc(12);
    const [, comm] = type.members;
    member.writeUInt32LE(comm?.typeId ?? 0, 4);
    member.writeUInt32LE(32, 8);
    const at = bytes.findIndex((_, i) => i > 0 && bytes.subarray(i + 4, i + 12).equals(member.subarray(4)));
    bytes.writeUInt32LE(100_000, at + 8);
    const broken = buildModel(CollectionSpec.parse(bytes), { file: "x.o" });
    expect(broken.warnings).toEqual([
      expect.stringMatching(
        /^value of map "events": member "comm" of struct "event" is outside its 20 bytes; it is bytes$/,
      ),
      expect.stringMatching(/^value of map "queue": /),
    ]);
    const hostile = Buffer.from(bytes.toString("latin1").replaceAll("queue", "q\u007f\u00c2\u0085e"), "latin1");
    expect(buildModel(CollectionSpec.parse(hostile), { file: "x.o" }).warnings).toContainEqual(
      expect.stringMatching(/^value of map "q\\u007f\\u0085e": /),
    );
    expect(broken.maps.find(({ cName }) => cName === "queue")?.value?.value).toMatchObject({ kind: "bytes", size: 20 });
    expect(broken.maps).toHaveLength(15);
  });
});
