/**
 * The object's own types in the kernel: they let tools print maps by field, and the verifier check functions and locks.
 *
 * @module
 */

import { kernelBtfForLoad } from "../btf/index.ts";
import type { Btf, KernelBtfSupport } from "../btf/index.ts";
import type { BpfError } from "../errors/index.ts";
import { btfLoad, explainSyscall, FileDescriptor, lacks, tryBpf } from "../sys/index.ts";
import type { FeatureProbe } from "../sys/index.ts";
import { Command } from "../uapi/index.ts";

/** The object's types, loaded once and shared by its maps and programs. */
export interface ObjectTypes {
  /** `undefined` when the object has none, or the kernel refused them. */
  readonly descriptor: FileDescriptor | undefined;
  /** Programs may say which function and which source line an instruction is of. Since Linux 5.0. */
  readonly functionInfo: boolean;
  /** Why the kernel refused them. Most objects work all the same. */
  readonly refusal: BpfError | undefined;
}

const everything: KernelBtfSupport = {
  functions: true,
  dataSections: true,
  globalFunctions: true,
  floats: true,
  declTags: true,
  typeTags: true,
  enum64: true,
  questionMarkSections: true,
  layout: true,
};

/** Loads an object's types, rewritten for kernels that don't understand all of them. */
export function loadObjectTypes(btf: Btf | undefined): ObjectTypes {
  if (btf === undefined) return { descriptor: undefined, functionInfo: false, refusal: undefined };
  let support = everything;
  let fd = load(kernelBtfForLoad(btf, support));
  if (fd < 0) {
    support = probedSupport();
    fd = load(kernelBtfForLoad(btf, support));
  }
  if (fd < 0) {
    const refusal = explainSyscall(fd, "BPF_BTF_LOAD", "types of the object");
    return { descriptor: undefined, functionInfo: false, refusal };
  }
  const descriptor = new FileDescriptor(fd, "types of the object");
  return { descriptor, functionInfo: support.functions, refusal: undefined };
}

function load(btf: Uint8Array): number {
  return tryBpf(Command.BTF_LOAD, btfLoad, { btf, btfSize: btf.length });
}

function probedSupport(): KernelBtfSupport {
  return {
    functions: !lacks(probes.functions),
    dataSections: !lacks(probes.dataSections),
    globalFunctions: !lacks(probes.globalFunctions),
    floats: !lacks(probes.floats),
    declTags: !lacks(probes.declTags),
    typeTags: !lacks(probes.typeTags),
    enum64: !lacks(probes.enum64),
    questionMarkSections: !lacks(probes.questionMarkSections),
    // It only repeats what the kernel knows of its own kinds.
    layout: false,
  };
}

/** Kinds of the kernel's include/uapi/linux/btf.h. */
const Kind = {
  INT: 1,
  PTR: 2,
  FUNC: 12,
  FUNC_PROTO: 13,
  VAR: 14,
  DATASEC: 15,
  FLOAT: 16,
  DECL_TAG: 17,
  TYPE_TAG: 18,
  ENUM64: 19,
} as const;

/** The name at offset 1 is the one that most need; one that starts with `?` is at offset 3. */
const STRINGS = "\0x\0?x\0";
const NAME = 1;
const QUESTION_MARK_NAME = 3;

/** A type's header: offset of its name, kind and count, then its size or the type it refers to. */
const type = (name: number, kind: number, sizeOrType: number, count = 0): readonly number[] => [
  name,
  (kind << 24) | count,
  sizeOrType,
];
const int = [...type(NAME, Kind.INT, 4), 32];
const staticVariable = [...type(NAME, Kind.VAR, 1), 0];
const dataSection = (name: number): readonly number[] => [...type(name, Kind.DATASEC, 4, 1), 2, 0, 4];

const probes = {
  functions: probe("functions in BTF", "5.0", [...int, ...type(0, Kind.FUNC_PROTO, 0), ...type(NAME, Kind.FUNC, 2)]),
  dataSections: probe("data sections in BTF", "5.2", [...int, ...staticVariable, ...dataSection(NAME)]),
  globalFunctions: probe("global functions in BTF", "5.6", [
    ...int,
    ...type(0, Kind.FUNC_PROTO, 0),
    ...type(NAME, Kind.FUNC, 2, 1),
  ]),
  floats: probe("floats in BTF", "5.13", type(NAME, Kind.FLOAT, 4)),
  declTags: probe("declaration tags in BTF", "5.16", [
    ...int,
    ...staticVariable,
    ...type(NAME, Kind.DECL_TAG, 2),
    0xffff_ffff,
  ]),
  typeTags: probe("type tags in BTF", "5.17", [...int, ...type(NAME, Kind.TYPE_TAG, 1), ...type(0, Kind.PTR, 2)]),
  enum64: probe("64-bit enums in BTF", "6.0", [...type(0, Kind.ENUM64, 8, 1), NAME, 0, 0]),
  questionMarkSections: probe("optional data sections in BTF", "6.9", [
    ...int,
    ...staticVariable,
    ...dataSection(QUESTION_MARK_NAME),
  ]),
};

function probe(name: string, since: string, types: readonly number[]): FeatureProbe {
  return {
    name,
    since,
    test: () => {
      const fd = load(blob(types));
      if (fd < 0) return false;
      new FileDescriptor(fd, name).close();
      return true;
    },
  };
}

/** A BTF blob in the machine's byte order: header of 24 bytes, types, strings. */
function blob(types: readonly number[]): Uint8Array {
  const strings = new TextEncoder().encode(STRINGS);
  const typeBytes = types.length * 4;
  const header = [0, 24, 0, typeBytes, typeBytes, strings.length];
  const words = Uint32Array.from([...header, ...types]);
  const bytes = new Uint8Array(words.byteLength + strings.length);
  bytes.set(new Uint8Array(words.buffer));
  bytes.set(strings, words.byteLength);
  // Magic, version, flags: a 16-bit number and two bytes.
  new Uint16Array(bytes.buffer, 0, 1)[0] = 0xeb9f;
  bytes[2] = 1;
  return bytes;
}
