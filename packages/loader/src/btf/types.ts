/**
 * What BTF can describe, as plain values. Format: the kernel's Documentation/bpf/btf.rst.
 *
 * @module
 */

/** Index of a type in its BTF; 0 is `void`. */
export type TypeId = number;

export interface BtfVoid {
  readonly kind: "void";
  readonly id: 0;
  readonly name: "";
}

export interface BtfInt {
  readonly kind: "int";
  readonly id: TypeId;
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly signed: boolean;
  /** Written with the CHAR encoding; clang marks `char` as signed instead. */
  readonly char: boolean;
  readonly bool: boolean;
  /** Bits of the value; less than `size * 8` only in the bitfields of old compilers. */
  readonly bits: number;
  /** Bits before the value, in the bitfields of old compilers. */
  readonly bitOffset: number;
}

export interface BtfPointer {
  readonly kind: "pointer";
  readonly id: TypeId;
  readonly name: "";
  readonly typeId: TypeId;
}

export interface BtfArray {
  readonly kind: "array";
  readonly id: TypeId;
  readonly name: "";
  readonly elementTypeId: TypeId;
  readonly indexTypeId: TypeId;
  /** Elements; 0 for a flexible array. */
  readonly length: number;
}

export interface BtfMember {
  /** Empty for an anonymous struct or union. */
  readonly name: string;
  readonly typeId: TypeId;
  /** Bits from the start of the struct. */
  readonly bitOffset: number;
  /** Bits of a bitfield; 0 for an ordinary member. */
  readonly bitSize: number;
}

export interface BtfComposite {
  readonly kind: "struct" | "union";
  readonly id: TypeId;
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly members: readonly BtfMember[];
}

export interface BtfEnumerator {
  readonly name: string;
  /** `bigint` in an enum64, `number` otherwise. */
  readonly value: number | bigint;
}

export interface BtfEnum {
  /** `enum64` since Linux 6.0 and clang 15: values of 64 bits. */
  readonly kind: "enum" | "enum64";
  readonly id: TypeId;
  readonly name: string;
  /** Bytes: 1, 2, 4 or 8. */
  readonly size: number;
  readonly signed: boolean;
  readonly values: readonly BtfEnumerator[];
}

export interface BtfForward {
  readonly kind: "forward";
  readonly id: TypeId;
  readonly name: string;
  readonly union: boolean;
}

/** A type that only gives another a name, a qualifier or a tag. */
export interface BtfModifier {
  readonly kind: "typedef" | "volatile" | "const" | "restrict" | "typeTag";
  readonly id: TypeId;
  /** Name of a typedef, value of a tag, empty otherwise. */
  readonly name: string;
  readonly typeId: TypeId;
}

export type Linkage = "static" | "global" | "extern";

export interface BtfFunction {
  readonly kind: "function";
  readonly id: TypeId;
  readonly name: string;
  /** The function's prototype. */
  readonly typeId: TypeId;
  readonly linkage: Linkage;
}

export interface BtfFunctionPrototype {
  readonly kind: "functionPrototype";
  readonly id: TypeId;
  readonly name: "";
  readonly returnTypeId: TypeId;
  /** A last one without name and with type 0 stands for `...`. */
  readonly parameters: readonly { readonly name: string; readonly typeId: TypeId }[];
}

export interface BtfVariable {
  readonly kind: "variable";
  readonly id: TypeId;
  readonly name: string;
  readonly typeId: TypeId;
  readonly linkage: Linkage;
}

export interface BtfDataSection {
  readonly kind: "dataSection";
  readonly id: TypeId;
  readonly name: string;
  /** Bytes; clang leaves 0 and the loader takes it from the section. */
  readonly size: number;
  /** Variables; clang leaves offsets 0 and the loader takes them from the symbol table. */
  readonly entries: readonly { readonly typeId: TypeId; readonly offset: number; readonly size: number }[];
}

export interface BtfFloat {
  readonly kind: "float";
  readonly id: TypeId;
  readonly name: string;
  /** Bytes. */
  readonly size: number;
}

export interface BtfDeclTag {
  readonly kind: "declTag";
  readonly id: TypeId;
  /** The tag's value. */
  readonly name: string;
  readonly typeId: TypeId;
  /** Index of the member or parameter, -1 for the type itself. */
  readonly componentIndex: number;
}

export type BtfType =
  | BtfVoid
  | BtfInt
  | BtfPointer
  | BtfArray
  | BtfComposite
  | BtfEnum
  | BtfForward
  | BtfModifier
  | BtfFunction
  | BtfFunctionPrototype
  | BtfVariable
  | BtfDataSection
  | BtfFloat
  | BtfDeclTag;

export type BtfKind = BtfType["kind"];
