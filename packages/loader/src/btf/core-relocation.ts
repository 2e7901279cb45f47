import type { TypeId } from "./types.ts";

/** Kinds of CO-RE relocation, numbered as in `enum bpf_core_relo_kind` of include/uapi/linux/bpf.h. */
export const CoreRelocationKind = {
  FIELD_BYTE_OFFSET: 0,
  FIELD_BYTE_SIZE: 1,
  FIELD_EXISTS: 2,
  FIELD_SIGNED: 3,
  FIELD_LSHIFT_U64: 4,
  FIELD_RSHIFT_U64: 5,
  TYPE_ID_LOCAL: 6,
  TYPE_ID_TARGET: 7,
  TYPE_EXISTS: 8,
  TYPE_SIZE: 9,
  ENUMVAL_EXISTS: 10,
  ENUMVAL_VALUE: 11,
  TYPE_MATCHES: 12,
} as const;
export type CoreRelocationKind = (typeof CoreRelocationKind)[keyof typeof CoreRelocationKind];

/** One instruction that depends on the running kernel's types. */
export interface CoreRelocation {
  /** Instruction, counted in slots of 8 bytes from the start of the function. */
  readonly slot: number;
  /** The type in the object's own BTF. */
  readonly typeId: TypeId;
  /** Path to the field as the compiler wrote it: `"0:1:2"`. */
  readonly access: string;
  readonly kind: CoreRelocationKind;
}
