/**
 * Probes for the kinds of types that the kernel takes in a program's BTF.
 *
 * @module
 */
import { addon, btfLoad, tryBpf, type FeatureProbe } from "../sys/index.ts";
import { Command } from "../uapi/index.ts";
import { cantTell, tellsNothing } from "./try-call.ts";

/** What BTF learnt after its start. */
export type BtfKindFeature =
  | "functions"
  | "dataSections"
  | "globalFunctions"
  | "emptySections"
  | "floats"
  | "declTags"
  | "typeTags"
  | "enum64"
  | "questionMarkSections";

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

/** Whether the kernel takes each kind; an object's types are rewritten for one that does not. */
export const btfKindProbes: Readonly<Record<BtfKindFeature, FeatureProbe>> = {
  functions: probe("functions in BTF", "5.0", [...int, ...type(0, Kind.FUNC_PROTO, 0), ...type(NAME, Kind.FUNC, 2)]),
  dataSections: probe("data sections in BTF", "5.2", [...int, ...staticVariable, ...dataSection(NAME)]),
  globalFunctions: probe("global functions in BTF", "5.6", [
    ...int,
    ...type(0, Kind.FUNC_PROTO, 0),
    ...type(NAME, Kind.FUNC, 2, 1),
  ]),
  emptySections: probe("data sections without variables in BTF", "5.12", type(NAME, Kind.DATASEC, 4)),
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
      const btf = blob(types);
      const result = tryBpf(Command.BTF_LOAD, btfLoad, { btf, btfSize: btf.length });
      if (result >= 0) addon().close(result);
      return tellsNothing(result) ? cantTell(result, "BPF_BTF_LOAD") : result >= 0;
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
