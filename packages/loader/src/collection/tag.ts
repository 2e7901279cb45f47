/**
 * Tags: what stands in a target of `loadAndAssign` where a live object goes. A tag says which program, map or variable
 * of the object is meant, and carries its live type.
 *
 * @module
 */

import type { Codec } from "../codec/index.ts";
import type { AttachOptions, Link } from "../links/index.ts";
import type { BpfMap, Variable } from "../maps/index.ts";
import type { AnyRun, Program, TestRun } from "../programs/index.ts";
import type { MapSpec, ProgramSpec, VariableSpec } from "../spec/index.ts";
import type { MapType, ProgramType } from "../uapi/index.ts";

/** What a tag can stand for. */
export type TagKind = "program" | "map" | "variable";

/** Whether what is tagged must be there. */
export interface TagOptions<O extends boolean> {
  /**
   * When this kernel lacks what the program or map needs, or the map that the variable is in, the field is `undefined`, and the reason in
   * `skipped` of what was loaded. Default false: the load fails then.
   */
  readonly optional?: O | undefined;
}

/** How a program is tagged. */
export interface ProgramTagOptions<O extends boolean> extends TagOptions<O> {
  /** Type that the program must have. Default: any. */
  readonly type?: ProgramType | undefined;
}

/** Stands for a program. `O` is true when it may be missing. */
export class ProgramTag<
  A extends readonly unknown[] = readonly [options?: AttachOptions],
  L extends Link = Link,
  T extends TestRun = AnyRun,
  O extends boolean = false,
> {
  readonly kind = "program";
  /** Name of the C function. */
  readonly name: string;
  /** Type that the program must have; `undefined` = any. */
  readonly type: ProgramType | undefined;
  /** Whether a load goes on without it where this kernel lacks what it needs. */
  readonly optional: boolean;
  /** Only a type: what `loadAndAssign` puts here. */
  declare readonly $live?: Program<A, L, T> | (O extends true ? undefined : never);
  /** Only a type: what `assign` puts here. */
  declare readonly $spec?: ProgramSpec;
  /** Only a type. */
  declare readonly $optional?: O;

  constructor(name: string, options: ProgramTagOptions<O> = {}) {
    this.name = name;
    this.type = options.type;
    this.optional = options.optional ?? false;
  }
}

/** Any tag of a program. */
export type AnyProgramTag = ProgramTag<never, Link, TestRun, boolean>;

/** What a tag says of a map's content. */
export interface MapTagOptions<O extends boolean> extends TagOptions<O> {
  readonly key?: Codec<unknown> | undefined;
  readonly value?: Codec<unknown> | undefined;
  readonly inner?: AnyMapTag | undefined;
}

/** Stands for a map. `O` is true when it may be missing. */
export class MapTag<M extends BpfMap = BpfMap, O extends boolean = false> {
  readonly kind = "map";
  /** Name of the definition in C, or of the data section. */
  readonly name: string;
  /** Kind that the map must have, or one with the same interface; `undefined` = any. */
  readonly type: MapType | undefined;
  /** Codec of the keys; from the object's BTF when `undefined`. */
  readonly key: Codec<unknown> | undefined;
  /** Codec of the values or records; from the object's BTF when `undefined`. */
  readonly value: Codec<unknown> | undefined;
  /** Of a map of maps: what is in it. Only its kinds and codecs are looked at. */
  readonly inner: AnyMapTag | undefined;
  /** Whether a load goes on without it where this kernel lacks what it needs. */
  readonly optional: boolean;
  /** Only a type: what `loadAndAssign` puts here. */
  declare readonly $live?: M | (O extends true ? undefined : never);
  /** Only a type: what `assign` puts here. */
  declare readonly $spec?: MapSpec;
  /** Only a type. */
  declare readonly $optional?: O;

  constructor(name: string, type?: MapType, options: MapTagOptions<O> = {}) {
    this.name = name;
    this.type = type;
    this.key = options.key;
    this.value = options.value;
    this.inner = options.inner;
    this.optional = options.optional ?? false;
  }
}

/** Any tag of a map. */
export type AnyMapTag = MapTag<BpfMap, boolean>;

/** Stands for a global variable, `const volatile` ones included. `O` is true when the map that it is in may be missing. */
export class VariableTag<T = unknown, O extends boolean = false> {
  readonly kind = "variable";
  /** Name of the variable in C. */
  readonly name: string;
  /** Codec of its value; from the object's BTF when `undefined`. */
  readonly codec: Codec<unknown> | undefined;
  /** Whether a load goes on without it where this kernel lacks the map that it is in, such as an arena. */
  readonly optional: boolean;
  /** Only a type: what `loadAndAssign` puts here. */
  declare readonly $live?: Variable<T> | (O extends true ? undefined : never);
  /** Only a type: what `assign` puts here. */
  declare readonly $spec?: VariableSpec;
  /** Only a type. */
  declare readonly $optional?: O;

  constructor(name: string, codec?: Codec<T>, options: TagOptions<O> = {}) {
    this.name = name;
    this.codec = codec;
    this.optional = options.optional ?? false;
  }
}

/** Any tag of a variable. */
export type AnyVariableTag = VariableTag<unknown, boolean>;

/** Any tag. */
export type Tag = AnyProgramTag | AnyMapTag | AnyVariableTag;

/** True for a {@link Tag}. */
export function isTag(value: unknown): value is Tag {
  return value instanceof ProgramTag || value instanceof MapTag || value instanceof VariableTag;
}
