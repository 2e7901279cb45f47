import { generate } from "bpf-codegen";
import { linkFunctions } from "bpf-loader/asm";
import { CoreResolver } from "bpf-loader/btf";
import type { Btf } from "bpf-loader/btf";
import { ElfFile } from "bpf-loader/elf";
import type { BpfErrorCode } from "bpf-loader/errors";
import { linkObjects } from "bpf-loader/link-objects";
import { CollectionSpec, minCoreBtf } from "bpf-loader/spec";
import { attempt, checkText } from "./attempt.ts";
import { readCode, readDisassembly } from "./read-code.ts";
import { readTypes } from "./read-types.ts";

/** What variables may refuse: values that their types can't hold or that are none, and types that contradict themselves. */
const VARIABLE_REFUSALS: readonly BpfErrorCode[] = [
  "ERR_BPF_OBJECT_FORMAT",
  "ERR_BPF_VALUE",
  "ERR_BPF_NOT_FOUND",
  "ERR_BPF_INVALID_ARGUMENT",
];

/** Sections of zeros are as large as they say, once somebody wants to write to them. */
const LARGEST_CONTENT = 1 << 20;

/**
 * Reads all that there is in an object's parts, right or wrong, and relocates its programs against `kernel`. Throws when anything
 * but a typed error comes of it. Returns whether it could be opened.
 */
export function readParts(bytes: Uint8Array, kernel: Btf): boolean {
  const elf = attempt(() => ElfFile.parse(bytes));
  if (elf === undefined) return false;
  for (const section of elf.sections) {
    attempt(() => section.name);
    attempt(() => section.data);
    attempt(() => elf.relocations(section).map(({ symbol }) => symbol.name));
  }
  attempt(() => elf.symbols.map(({ name }) => name));
  attempt(() => readTypes(elf, kernel));
  return true;
}

/** Reads an object as a collection, edits it and makes of it all that needs no kernel. Returns whether it could be read. */
export function readCollection(bytes: Uint8Array, kernel: Btf): boolean {
  const spec = attempt(() => CollectionSpec.parse(bytes, "object.o"));
  if (spec === undefined) return false;
  const copy = spec.copy();
  for (const program of copy.programs.values()) {
    const linked = attempt(() => linkFunctions(program.functions, copy.littleEndian), ["ERR_BPF_NOT_FOUND"]);
    if (linked === undefined) continue;
    readCode(linked.code, copy.littleEndian);
    readDisassembly(linked, copy.littleEndian);
    const { btf } = copy;
    if (btf === undefined || btf.littleEndian !== kernel.littleEndian) continue;
    const resolver = new CoreResolver(btf, kernel);
    attempt(
      () => resolver.apply(linked.code, linked.coreRelocations, program.name),
      ["ERR_BPF_OBJECT_FORMAT", "ERR_BPF_CO_RE"],
    );
  }
  for (const { functions } of spec.programs.values()) {
    for (const each of functions) readDisassembly(each, spec.littleEndian);
  }
  if (spec.littleEndian === kernel.littleEndian)
    attempt(() => minCoreBtf([spec], kernel), ["ERR_BPF_OBJECT_FORMAT", "ERR_BPF_CO_RE"]);
  changeVariables(copy);
  return true;
}

function changeVariables(spec: CollectionSpec): void {
  for (const { name, constant, sectionName } of spec.variables.values()) {
    if ((spec.maps.get(sectionName)?.valueSize ?? 0) > LARGEST_CONTENT) continue;
    const value = attempt(() => spec.getVariable(name), VARIABLE_REFUSALS);
    for (const other of [value, 1, "x", {}]) {
      if (constant) attempt(() => spec.rewriteConstants({ [name]: other }), VARIABLE_REFUSALS);
      else attempt(() => spec.setVariable(name, other), VARIABLE_REFUSALS);
    }
  }
}

/** Links an object with another, and reads the result. Returns whether that could be done. */
export function readLinked(bytes: Uint8Array, other: Uint8Array, kernel: Btf): boolean {
  const linked = attempt(() =>
    linkObjects([
      { name: "object.o", bytes },
      { name: "other.o", bytes: other },
    ]),
  );
  if (linked !== undefined) readCollection(linked, kernel);
  return linked !== undefined;
}

/** Generates bindings for an object. Returns whether that could be done. */
export function readForBindings(bytes: Uint8Array): boolean {
  const generated = attempt(() => generate(bytes, { file: "object.bpf.o" }));
  if (generated === undefined) return false;
  checkText(generated.code);
  for (const warning of generated.warnings) checkText(warning);
  return true;
}
