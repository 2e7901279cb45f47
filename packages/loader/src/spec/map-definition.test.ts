import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ObjectFormatError } from "../errors/index.ts";
import { CollectionSpec } from "./collection-spec.ts";
import { readMapDefinition } from "./map-definition.ts";

const spec = CollectionSpec.parse(readFileSync(new URL("./fixtures/bad-maps.el.o", import.meta.url)));

const problems: Readonly<Record<string, string>> = {
  no_type: "its definition gives no type",
  key_disagrees: "both key and key_size given, and they disagree: 8 and 4 bytes",
  value_disagrees: "both value and value_size given, and they disagree: 4 and 8 bytes",
  unknown_member: 'its definition has an unknown member "flavour"',
  no_number: '"type" is no number: use __uint or __ulong',
  too_many: '"max_entries" is 4294967296, more than 32 bits',
  no_pointer: '"key" is no type: use __type',
  bad_pinning: "pinning is 2, and only LIBBPF_PIN_NONE and LIBBPF_PIN_BY_NAME are known",
  values_first: "'values' must be the last member of its definition",
  values_of_eight: "value_size is 8, and must be 0 or 4 with 'values'",
  values_no_array: "'values' is no array of pointers: use __array",
  values_of_array: "'values' are maps, and a BPF_MAP_TYPE_ARRAY does not take any",
  functions_of_maps: "'values' are functions, and a BPF_MAP_TYPE_ARRAY_OF_MAPS does not take any",
  values_of_numbers: "'values' are of kind int, and must be maps or functions",
  nested: "the inner maps of a map-in-map can't be maps of maps themselves",
  pinned_inner: "inner maps can't be pinned",
};

function read(name: string): unknown {
  const struct = spec.btf!.resolve(spec.variables.get(name)!.typeId);
  if (struct.kind !== "struct") throw new Error(`${name} is a ${struct.kind}`);
  return readMapDefinition(spec.btf!, name, struct);
}

describe("readMapDefinition", () => {
  it("is tried with every variable of the fixture", () => {
    expect([...spec.variables.keys()].sort()).toEqual([...Object.keys(problems), "no_size"].sort());
  });

  it.each(Object.entries(problems))("refuses %s", (name, problem) => {
    expect(() => read(name)).toThrow(ObjectFormatError);
    const shown = name === "nested" || name === "pinned_inner" ? `${name}_inner` : name;
    expect(() => read(name)).toThrow(`map "${shown}": ${problem} (section ".maps")`);
  });

  it("refuses a type without size", () => {
    expect(() => read("no_size")).toThrow(ObjectFormatError);
  });
});
