import type { CompositeShape, EnumShape, MemberShape, TypeShape } from "bpf-loader/codec";
import type { TypeId } from "bpf-loader/btf";
import type { Tagging } from "./tag-rules.ts";
import type { Rule } from "./value-rules.ts";

/** A type that will be declared, before all names are known. */
export type TypeEntity = NamedEntity | ArrayEntity;

/** One that is called after something in C. */
export type NamedEntity = CompositeEntity | EnumEntity | AliasEntity | TaggedEntity;

interface Identified {
  /** Set once all types are known. */
  identifier: string;
}

interface EntityBase extends Identified {
  /** What it would like to be called, in C. */
  readonly wanted: string;
  /** Names are given out in this order: a type's own name, a typedef's, one made from the place of use. */
  readonly rank: NameRank;
}

/** Who chooses a name first. */
export const NameRank = { TAG: 0, TYPEDEF: 1, ALIAS: 2, USE: 3 } as const;
export type NameRank = (typeof NameRank)[keyof typeof NameRank];

export interface CompositeEntity extends EntityBase {
  readonly kind: "composite";
  readonly shape: CompositeShape;
  /** C spelling. */
  readonly cName: string;
  /** Whether it has other members, which nobody asked for. */
  readonly isPart: boolean;
  /** Properties of its value, in order of declaration. */
  readonly fields: readonly MemberShape[];
  /** By the fields' names: what their values are to be. */
  readonly rules: ReadonlyMap<string, Rule>;
  /** Unions with a tag, by their names as fields. */
  readonly tagged: ReadonlyMap<string, TaggedEntity>;
  /** Codecs of the anonymous members that need one of their own. */
  readonly inner: Map<CompositeShape, InnerEntity>;
}

/** An anonymous member whose codec stands alone: the members of a union, and unions in a struct. */
export interface InnerEntity extends Identified {
  readonly wanted: string;
  readonly shape: CompositeShape;
}

export interface EnumEntity extends EntityBase {
  readonly kind: "enum";
  readonly shape: EnumShape;
  readonly cName: string;
}

/** A typedef that is worth a name. */
export interface AliasEntity extends EntityBase {
  readonly kind: "alias";
  readonly typedef: string;
  readonly target: TypeId;
}

/** A union in a struct of which another member says which member is meant. */
export interface TaggedEntity extends EntityBase {
  readonly kind: "tagged";
  readonly shape: CompositeShape;
  readonly tagging: Tagging;
  /** By the members' names: what their values are to be. */
  readonly rules: ReadonlyMap<string, Rule>;
  /** C declaration of the union, and the struct's name. */
  readonly cName: string;
  readonly owner: string;
}

/** Codec of an array: declared once, used by every member of that type. */
export interface ArrayEntity extends Identified {
  readonly kind: "array";
  readonly element: TypeShape;
  /** What the elements are to be. */
  readonly rule: Rule | undefined;
  readonly length: number;
}
