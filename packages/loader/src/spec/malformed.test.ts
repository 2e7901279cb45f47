import { describe, expect, it } from "vitest";
import { ObjectEditor, RELOCATION, SYMBOL } from "../../../../test/object-editor.ts";
import { ObjectFormatError } from "../errors/index.ts";

const [NOTYPE, OBJECT, FUNC, SECTION] = [0, 1, 2, 3];
const [LOCAL, GLOBAL, WEAK] = [0, 1, 2];
const SHF_STRINGS = 0x20;

/** One of the fixtures, to spoil. */
function edit(name: string): ObjectEditor {
  return new ObjectEditor(new URL(`./fixtures/${name}.el.o`, import.meta.url));
}

/** Expects one line that says what is wrong and where. */
function expectProblem(name: string, spoil: (object: ObjectEditor) => void, message: string): void {
  const object = edit(name);
  spoil(object);
  let error: unknown;
  try {
    object.parse();
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(ObjectFormatError);
  expect((error as ObjectFormatError).message).toContain(message);
  expect((error as ObjectFormatError).message).not.toContain("\n");
}

describe("the editor", () => {
  it("leaves objects as they are", () => {
    for (const name of ["programs", "maps", "data", "legacy"]) expect(() => edit(name).parse()).not.toThrow();
  });
});

describe("an object without BTF", () => {
  it("is read as far as names and sizes go", () => {
    const legacy = edit("legacy").withoutBtf().parse();
    expect(legacy.btf).toBeUndefined();
    expect([...legacy.maps.keys()]).toEqual(["first", "second"]);
    expect(legacy.programs.get("pass")!.functions[0]).toMatchObject({ typeId: 0, lines: [], coreRelocations: [] });

    const data = edit("data").withoutBtf().parse();
    expect(data.variables.get("limit")).toMatchObject({ size: 4, typeId: 0 });
    expect(data.getVariable("limit")).toEqual(Uint8Array.of(100, 0, 0, 0));
    data.rewriteConstants({ limit: Uint8Array.of(1, 0, 0, 0) });
    expect(() => data.rewriteConstants({ limit: 1 })).toThrow("its type is not known, because the object has no BTF");
  });

  it("has no maps that are defined by types", () => {
    expectProblem("maps", (object) => object.withoutBtf(), "the object has no BTF; compile with -g");
    expectProblem("struct-ops", (object) => object.withoutBtf(), "BTF does not describe it; compile with -g");
  });
});

describe("sections", () => {
  it("A2: what is in none that is known can't be referred to", () => {
    expectProblem(
      "data",
      (object) => object.withoutBtf().setSymbol("limit", { section: object.index("license") }),
      'function "variables": reference to "limit" in section "license": not supported (section "socket", offset',
    );
    expectProblem(
      "data",
      (object) => object.withoutBtf().setSymbol("zero", { section: 0xfff2 }),
      'reference to "zero", which is in no section',
    );
  });

  it("A3: a version has four bytes", () => {
    expectProblem("programs", (object) => object.setSize("version", 3), "a version of 3 bytes, wanted 4");
  });

  it("A5: a string that is no constant is refused", () => {
    expectProblem(
      "data",
      (object) => {
        object.withoutBtf().setSymbol("limit", { section: object.index("license") });
        object.view.setUint32(object.header("license", "flags"), SHF_STRINGS, true);
      },
      'reference to "limit" in section "license": string is not stack allocated',
    );
  });

  it("A6: functions have names and instructions", () => {
    expectProblem("programs", (object) => object.rename("shares", "calls"), 'duplicate program name "calls"');
    expectProblem("programs", (object) => object.rename("fields", "calls"), 'also in section "socket"');
    expectProblem(
      "programs",
      (object) => object.setSymbol("fragments", { type: OBJECT }),
      'there are instructions but no symbols that say where functions start (section "xdp.frags")',
    );
    expectProblem(
      "programs",
      (object) => object.setSymbol("fragments", { value: 16, size: 0 }),
      'function "fragments" has no instructions',
    );
    expectProblem(
      "programs",
      (object) => object.setSymbol("fragments", { size: 24 }),
      'function "fragments" ends behind its section',
    );
    expectProblem(
      "programs",
      (object) => object.setSymbol("fragments", { size: 12 }),
      'function "fragments" does not start and end at a multiple of 8 bytes',
    );
  });
});

describe("what old compilers write", () => {
  it("A4: functions without type, and labels of basic blocks", () => {
    const object = edit("programs");
    for (const name of ["sleeps", "fragments"]) object.setSymbol(name, { type: NOTYPE });
    expect([...object.parse().programs.keys()]).toEqual(expect.arrayContaining(["sleeps", "fragments"]));
    object.setSymbol("fragments", { type: FUNC });
    expect(object.parse().programs.has("fragments")).toBe(true);

    const labels = edit("programs");
    labels.setSymbol("shares", { type: NOTYPE });
    expect(labels.parse().programs.has("shares")).toBe(false);
  });

  it("A6: functions without size reach up to the next", () => {
    const whole = edit("programs").parse();
    const object = edit("programs");
    for (const name of ["calls", "shares", "pointers"]) object.setSymbol(name, { size: 0 });
    expect(object.parse().programs).toEqual(whole.programs);
  });

  it("A7: calls inside of a section without relocation", () => {
    const object = edit("programs");
    // clang still does so for functions in .text: `global` calls `local`, and that `deepest`.
    expect(() => object.index(".rel.text")).toThrow("no section");
    const calls = object.parse().programs.get("calls")!.functions;
    expect(calls.find(({ name }) => name === "local")!.references).toMatchObject([{ kind: "call", name: "deepest" }]);
    const text = object.dataAt(".text");
    const call = object.bytes.findIndex((byte, at) => at >= text && at % 8 === text % 8 && byte === 0x85);
    object.view.setInt32(call + 4, 1000, true);
    expect(() => object.parse()).toThrow("no function at offset");
  });
});

/** Function pointers get a place that is in the middle of a function. */
function spoilFunctionPointers(object: ObjectEditor): void {
  for (let index = 0; index < object.size(".relsocket") / RELOCATION; index++) {
    const load = object.instruction("socket", index);
    const symbol = object.view.getUint32(object.relocation("socket", index) + 12, true);
    const at = object.dataAt(".symtab") + symbol * SYMBOL;
    const isText = object.view.getUint16(at + 6, true) === object.index(".text");
    if (isText && object.bytes[load] === 0x18) object.view.setInt32(load + 4, 8, true);
  }
}

describe("references", () => {
  it("A5: need a symbol and whole entries", () => {
    expectProblem(
      "programs",
      (object) => object.view.setUint32(object.header(".relsocket", "entrySize"), 8, true),
      '(section ".relsocket")',
    );
    expectProblem(
      "programs",
      (object) => object.view.setUint32(object.relocation("socket", 0) + 12, 9999, true),
      "against symbol 9999",
    );
    expectProblem(
      "programs",
      (object) => object.view.setUint32(object.relocation("socket", 0), 4, true),
      'a relocation that isn\'t for an instruction (section "socket", offset 4)',
    );
    expectProblem(
      "programs",
      (object) => {
        const offset = object.place("socket", 0);
        object.view.setUint32(object.relocation("socket", 1), offset, true);
      },
      "two relocations for the same instruction",
    );
    expectProblem(
      "maps",
      (object) => {
        const offset = object.place("tc", 0);
        object.view.setUint32(object.relocation("tc", 0), offset + 8, true);
      },
      "a relocation for the second half of an instruction",
    );
  });

  it("A7: calls end at a function, and are calls of functions", () => {
    expectProblem(
      "programs",
      (object) => object.view.setInt32(object.instruction("?xdp", 0) + 4, 0, true),
      'function "optional": no function at offset 8 of section "other" (section "?xdp", offset',
    );
    expectProblem(
      "programs",
      (object) => object.view.setUint8(object.instruction("?xdp", 0) + 1, 0),
      'call of "callee": incorrect source register 0',
    );
    expectProblem(
      "programs",
      (object) => object.setSymbol("global", { section: object.index("license") }),
      'reference to "global" in section "license": not supported',
    );
  });

  it("A8: maps are global objects, and are loaded", () => {
    expectProblem(
      "legacy",
      (object) => object.withoutBtf().setSymbol("first", { binding: LOCAL }),
      'possible erroneous static qualifier on map definition: found reference to "first"',
    );
    expectProblem(
      "maps",
      (object) => {
        const load = object.instruction("tc", 0);
        object.view.setUint8(load, 0xb7);
      },
      "by neither a call nor a 64-bit load: opcode 0xb7",
    );
  });

  it("A9: data is inside of its section", () => {
    expectProblem(
      "data",
      (object) => object.withoutBtf().setSymbol("elsewhere", { type: SECTION + 1 }),
      'reference to "elsewhere", a symbol of the wrong type 4',
    );
    expectProblem(
      "data",
      (object) => {
        const load = object.instruction("socket", 0);
        object.view.setInt32(load + 4, 1000, true);
      },
      "which is outside of its section",
    );
  });

  it("A10: function pointers are functions", () => {
    expectProblem("programs", spoilFunctionPointers, 'function "pointers": no function at offset 8 of section ".text"');
  });

  it("A11: what is not defined is global and has no type", () => {
    const problem = 'function "assembly": "MY_CONSTANT" is not defined, and its binding';
    expectProblem("externs", (object) => object.setSymbol("MY_CONSTANT", { binding: WEAK }), `${problem} 2 and type 0`);
    expectProblem("externs", (object) => object.setSymbol("MY_CONSTANT", { type: OBJECT }), `${problem} 1 and type 1`);
    expectProblem(
      "externs",
      (object) => object.setSymbol("MY_CONSTANT", { binding: LOCAL }),
      `${problem} 0 and type 0`,
    );
    const object = edit("externs");
    object.setSymbol("MY_CONSTANT", { binding: GLOBAL, type: NOTYPE });
    expect(() => object.parse()).not.toThrow();
  });
});

describe("definitions of maps", () => {
  it("A12: of numbers are whole, inside of their section, and have a name", () => {
    expectProblem(
      "legacy",
      (object) => object.setSize("maps", 55),
      'the definition of map "second" ends behind its section (section "maps", offset 28)',
    );
    expectProblem(
      "legacy",
      (object) => object.setSymbol("first", { size: 18 }),
      'map "first": missing flags (section "maps", offset 16)',
    );
    expectProblem(
      "legacy",
      (object) => {
        object.withoutBtf().setSymbol("first", { type: SECTION });
        object.setSymbol("second", { type: SECTION });
      },
      "there are map definitions but no symbols",
    );
  });

  it("A12: of numbers without sizes are of equal size", () => {
    const object = edit("legacy");
    const whole = object.parse();
    for (const name of ["first", "second"]) object.setSymbol(name, { size: 0 });
    expect(object.parse().maps).toEqual(whole.maps);
    object.setSize("maps", 55);
    expect(() => object.parse()).toThrow("map descriptors are not of equal size: 55 bytes for 2 of them");
  });

  it("A14: have static values where slots are", () => {
    const problem = "a relocation of map";
    expectProblem("maps", (object) => object.view.setUint32(object.relocation(".maps", 0), 0, true), problem);
    expectProblem(
      "maps",
      (object) => object.view.setUint32(object.relocation(".maps", 0), object.place(".maps", 0) + 4, true),
      "is not aligned",
    );
    expectProblem(
      "maps",
      (object) => object.setSymbol("tail_global", { section: object.index(".maps"), value: 0 }),
      'map "tails": static value "tail_global" is no program',
    );
    expectProblem(
      "maps",
      (object) => {
        const symbol = (object.symbol("dispatch") - object.dataAt(".symtab")) / SYMBOL;
        object.view.setUint32(object.relocation(".maps", 0) + 12, symbol, true);
      },
      'map "outer": static value "dispatch" is no map',
    );
  });

  it("may be followed by zeros, where a linker has dropped weak ones", () => {
    const object = edit("programs");
    const size = object.size(".maps");
    object.setSize(".maps", size + 8);
    object.bytes.fill(0, object.dataAt(".maps") + size, object.dataAt(".maps") + size + 8);
    expect([...object.parse().maps.keys()]).toEqual([...edit("programs").parse().maps.keys()]);
  });

  it("A15: take up the section to its last byte", () => {
    expectProblem(
      "programs",
      (object) => object.setSize(".maps", object.size(".maps") + 8),
      'bytes that belong to no map, invalid BTF? (section ".maps", offset 32)',
    );
    expectProblem(
      "maps",
      (object) => object.view.setUint32(object.relocation(".maps", 0), object.size(".maps"), true),
      "belongs to no map, invalid BTF?",
    );
    expectProblem(
      "programs",
      (object) => object.setSize(".maps", object.size(".maps") - 8),
      'the definition of map "seen" does not fit into its section',
    );
  });
});

describe("variables", () => {
  it("are inside of their section, and as large as BTF says", () => {
    expectProblem(
      "data",
      (object) => object.setSymbol("elsewhere", { value: 4 }),
      'variable "elsewhere" of 4 bytes ends behind its section (section ".data.custom", offset 4)',
    );
    expectProblem(
      "data",
      (object) => object.setSymbol("counter", { size: 4 }),
      'variable "counter" has 4 bytes by the symbol table and 8 by BTF',
    );
    expectProblem("data", (object) => object.setSize(".bss.custom", 2 ** 31), "are more than a map can hold");
  });

  it("have one name each", () => {
    expectProblem(
      "data",
      (object) => {
        object.withoutBtf();
        object.rename("elsewhere", "counter");
      },
      'duplicate variable "counter", also in section ".data"',
    );
  });

  it("are left out with a section that nobody uses and that has none", () => {
    const object = edit("data").withoutBtf();
    expect(object.parse().maps.has(".data.custom")).toBe(true);
    object.setSymbol("elsewhere", { section: object.index(".data") });
    expect(object.parse().maps.has(".data.custom")).toBe(false);
  });
});
