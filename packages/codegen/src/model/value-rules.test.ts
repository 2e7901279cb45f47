import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { CollectionSpec } from "bpf-loader/spec";
import { describe, expect, it } from "vitest";
import type { ValueRule } from "../config.ts";
import { buildModel } from "./build.ts";
import type { ObjectModel } from "./object-model.ts";

const spec = (name: string): CollectionSpec =>
  CollectionSpec.parse(
    readFileSync(fileURLToPath(new URL(`../../../../test/golden/fixtures/${name}`, import.meta.url))),
  );
const model = (values: readonly ValueRule[], name = "values.el.o"): ObjectModel =>
  buildModel(spec(name), { file: "x.bpf.o", values });

function fieldOf(rules: ValueRule[], struct: string, field: string): unknown {
  const type = model(rules).types.find((type) => type.kind === "struct" && type.cName === struct);
  return type?.kind === "struct" ? type.fields.find(({ cName }) => cName === field)?.value : undefined;
}

describe("rules for values", () => {
  it.each<[string, ValueRule[], string | RegExp]>([
    [
      "nothing there",
      [{ type: "u128", as: "number" }],
      /^the value rule "u128" as "number" matches nothing in the object/,
    ],
    ["a struct that nothing uses", [{ field: "none.x", as: "Pid" }], "matches nothing in the object"],
    [
      "several of nothing there",
      [
        { type: "u128", as: "number" },
        { field: "none.x", as: "Pid" },
      ],
      'the value rule "u128" as "number", the value rule "none.x" as "Pid" match nothing in the object',
    ],
    ["another size", [{ type: "__be16", as: "Ipv4" }], 'Ipv4 is for 4 bytes in network order, and "__be16" is not'],
    [
      "an own brand of a struct",
      [{ type: "event", as: "Mine" }],
      "Mine is for an integer, a float, a string or a pointer",
    ],
    ["a bitfield", [{ field: "event.wide", as: "number" }], 'number is for an integer, and "wide" is a bitfield'],
    [
      "one brand for two kinds of values",
      [
        { field: "event.pid", as: "Mine" },
        { field: "event.bytes", as: "Mine" },
      ],
      'it is a bigint elsewhere, and of "pid_t" a number',
    ],
    ["no name", [{ type: "pid_t", as: "pid-t" }], 'there is no "pid-t"; there are number, bigint, string'],
    ["code", [{ type: "pid_t", as: 'X"; evil()' }], 'there is no "X\\"; evil()"'],
    ["a name of generated code", [{ type: "pid_t", as: "Codec" }], '"Codec" is a name that generated code uses itself'],
    ["neither type nor field", [{ as: "Pid" }], "it names neither a type nor a field"],
    [
      "one thing twice",
      [
        { type: "pid_t", as: "Pid" },
        { type: "pid_t", as: "number" },
      ],
      '"pid_t" has two value rules',
    ],
  ])("%s: refused", (_what, rules, message) => {
    expect(() => model(rules)).toThrow(message);
  });

  it("can't be called as the object is", () => {
    expect(() =>
      buildModel(spec("values.el.o"), { file: "x.o", name: "Pid", values: [{ type: "pid_t", as: "Pid" }] }),
    ).toThrow('no value can be called "Pid"');
  });

  it("warn of a checked number in a union, whose members are all read", () => {
    const { warnings } = model([{ field: "nested.raw", as: "number" }], "types.el.o");
    expect(warnings).toEqual([expect.stringContaining('"struct nested", member "raw": is a number that is checked')]);
  });

  it("leave the names of brands to the object's own types where no rule asks for them", () => {
    const { types } = model([], "types.el.o");
    expect(types.map(({ identifier }) => identifier)).toContain("Nanoseconds");
  });

  it("of the type are outdone by a typedef with a rule, that by a tag, and that by a rule for the place", () => {
    const onType: ValueRule = { type: "unsigned int", as: "Uint" };
    expect(fieldOf([onType], "struct event", "pid")).toMatchObject({ brand: "Uint" });
    expect(fieldOf([onType, { type: "pid_t", as: "Pid" }], "struct event", "pid")).toMatchObject({ brand: "Pid" });
    expect(fieldOf([onType], "struct event", "ifindex")).toMatchObject({ brand: "Ifindex" });
    const onPlace: ValueRule = { field: "event.ifindex", as: "number" };
    expect(fieldOf([onType, onPlace], "struct event", "ifindex")).toEqual({ kind: "int", size: 4, signed: false });
  });
});
