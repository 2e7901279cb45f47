import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ObjectEditor } from "../../../../test/object-editor.ts";
import { linkFunctions } from "../asm/code.ts";
import { CollectionSpec } from "./collection-spec.ts";

const fixture = (order: string): URL => new URL(`./fixtures/jump-table.${order}.o`, import.meta.url);

describe.each(["el", "eb"])("tables of places to jump to of a %s object", (order) => {
  const { programs, littleEndian, maps } = CollectionSpec.parse(readFileSync(fixture(order)));
  const functions = programs.get("chosen")?.functions ?? [];

  it("count from the start of the function that uses them", () => {
    expect(functions.map(({ name }) => name)).toEqual(["chosen", "called"]);
    expect(functions[0]?.references).toEqual([
      { kind: "jumpTable", slot: 5, name: "BPF.JT.1.0", targets: [10, 12, 14] },
      { kind: "call", slot: 16, name: "called" },
    ]);
    expect(functions[1]?.references).toEqual([
      { kind: "jumpTable", slot: 3, name: "BPF.JT.0.0", targets: [8, 10, 12] },
    ]);
    expect([...maps.keys()]).toEqual([]);
  });

  it("count from the start of the program when its functions are linked, which leaves them as they are", () => {
    expect(linkFunctions(functions, littleEndian).references).toEqual([
      { kind: "jumpTable", slot: 5, name: "BPF.JT.1.0", targets: [10, 12, 14] },
      { kind: "jumpTable", slot: 22, name: "BPF.JT.0.0", targets: [27, 29, 31] },
    ]);
    expect(functions[1]?.references).toMatchObject([{ targets: [8, 10, 12] }]);
  });
});

/** Reads the object when it is called. */
const edited = (change: (object: ObjectEditor) => void) => (): CollectionSpec => {
  const object = new ObjectEditor(fixture("el"));
  change(object);
  return object.parse();
};

describe("what is no table of places to jump to", () => {
  it.each([{ size: 20 }, { size: 0 }, { size: 32 }, { value: 20 }, { value: 64 }])("lies elsewhere: %o", (place) => {
    expect(edited((object) => object.setSymbol("BPF.JT.1.0", place))).toThrow(
      /jump table "BPF\.JT\.1\.0" of function "chosen" is not made of entries of 8 bytes/,
    );
  });

  it.each([0, 8, 0xa8, 0x61, 0x7fff_ffff])("leads out of its function, or into an instruction: %i", (place) => {
    expect(edited((object) => object.view.setUint32(object.dataAt(".jumptables") + 24, place, true))).toThrow(
      `jump table "BPF.JT.1.0" of function "chosen" leads out of it: to byte ${place} of section "socket" (section ".jumptables"`,
    );
  });
});
