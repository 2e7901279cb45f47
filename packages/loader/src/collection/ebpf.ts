import type { Codec } from "../codec/index.ts";
import { BpfError, quoteName } from "../errors/index.ts";
import type { BpfMap, HashMap, Variable } from "../maps/index.ts";
import type { AttachOptions, Link } from "../links/index.ts";
import type { AnyRun, Program } from "../programs/index.ts";
import { mapTags } from "./map-tags.ts";
import type { MapTagOf, MapTags } from "./map-tags.ts";
import { MapTag, ProgramTag, VariableTag } from "./tag.ts";
import type { AnyMapTag, AnyProgramTag, AnyVariableTag, ProgramTagOptions, Tag, TagOptions } from "./tag.ts";

/** A field of a class instance that is to be filled. */
export interface TaggedField {
  /** As in the class: `"flows"`, `"#flows"`. */
  readonly field: string;
  /** A tag, or only a name: then it is whatever the object has of that name. */
  readonly tag: Tag | string;
  readonly set: (value: unknown) => void;
}

/** Decorates a field or an auto-accessor of type `V`. */
export interface FieldDecorator<V> {
  <This extends object>(value: undefined, context: ClassFieldDecoratorContext<This, V> & Takes<V>): void;
  <This extends object>(
    value: ClassAccessorDecoratorTarget<This, V>,
    context: ClassAccessorDecoratorContext<This, V> & Takes<V>,
  ): void;
}

/** What can be set to all that `V` has, `undefined` of an optional tag too: contexts of decorators alone compare it loosely, as methods. */
interface Takes<V> {
  readonly access: { readonly set: (object: never, value: V) => void };
}

/** Decorates a field or an auto-accessor of any type. */
export interface AnyFieldDecorator {
  <This extends object, V>(value: undefined, context: ClassFieldDecoratorContext<This, V>): void;
  <This extends object, V>(
    value: ClassAccessorDecoratorTarget<This, V>,
    context: ClassAccessorDecoratorContext<This, V>,
  ): void;
}

/** What a tag of that type puts into a field. */
export type LiveOf<T> =
  T extends ProgramTag<infer A, infer L, infer R, infer O>
    ? Program<A, L, R> | (O extends true ? undefined : never)
    : T extends MapTag<infer M, infer O>
      ? M | (O extends true ? undefined : never)
      : T extends VariableTag<infer V, infer O>
        ? Variable<V> | (O extends true ? undefined : never)
        : never;

/** A tag of a program that may be missing. */
export type OptionalProgramTag = ProgramTag<readonly [options?: AttachOptions], Link, AnyRun, true>;

/** Tags for `loadAndAssign` and `assign`, and the decorator for fields of classes. */
export interface Ebpf extends MapTags {
  /**
   * `@ebpf("flows") accessor flows!: BpfMap` – the program, map or variable of that name. A standard decorator; TypeScript's
   * `experimentalDecorators` must be off.
   */
  (name: string): AnyFieldDecorator;
  /** `@ebpf(ebpf.map("flows", Key, Stats)) accessor flows!: HashMap<Key, Stats>` – checked against the field's type. */
  <T extends Tag>(tag: T): FieldDecorator<LiveOf<T>>;

  /** A program, by the name of its C function. */
  program(name: string): ProgramTag;
  /** A program that the load goes on without where this kernel lacks what it needs: `undefined` then. */
  program(name: string, options: { readonly optional: true }): OptionalProgramTag;
  /** A map of any kind; look at its class to use it: `map instanceof HashMap`. */
  map(name: string): MapTag;
  /** A map that the load goes on without where this kernel lacks its type: `undefined` then. All tags of maps take these options. */
  map(name: string, options: { readonly optional: true }): MapTag<BpfMap, true>;
  /** A hash map (`BPF_MAP_TYPE_HASH`, `BPF_MAP_TYPE_LRU_HASH`) with these keys and values; the same as {@link MapTags.hashMap}. */
  map<K, V, O extends boolean = false>(
    name: string,
    key: Codec<K>,
    value: Codec<V>,
    options?: TagOptions<O>,
  ): MapTagOf<HashMap<K, V>, O>;
  /**
   * A global variable; without a codec its value is decoded by the object's BTF. One of an optional map, such as an arena, is optional, too:
   * else the load fails without the map.
   */
  variable<T = unknown, O extends boolean = false>(
    name: string,
    codec?: Codec<T>,
    options?: TagOptions<O>,
  ): VariableTag<T, O extends true ? true : false>;
}

/** Node 20 has no `Symbol.metadata`; and the initializers run for each instance anyway. */
const fieldsOf = new WeakMap<object, TaggedField[]>();

/** The decorated fields of an instance, those of its base classes first; `undefined` when it has none. */
export function taggedFields(instance: object): readonly TaggedField[] | undefined {
  return fieldsOf.get(instance);
}

function decorate(tag: Tag | string): FieldDecorator<never> {
  return (
    _value: unknown,
    context: ClassFieldDecoratorContext<object, never> | ClassAccessorDecoratorContext<object, never>,
  ): void => {
    // A legacy decorator is called with the field's name in place of the context.
    if (typeof context !== "object" || (context.kind !== "field" && context.kind !== "accessor")) {
      throw new BpfError(
        "ERR_BPF_INVALID_ARGUMENT",
        `@ebpf(${quoteName(nameOf(tag))}) decorates a field or an accessor of a class, as a standard decorator: turn off "experimentalDecorators"`,
      );
    }
    if (context.static) {
      throw new BpfError("ERR_BPF_INVALID_ARGUMENT", `@ebpf(${quoteName(nameOf(tag))}) can't fill a static field`);
    }
    const { access } = context;
    const field = String(context.name);
    context.addInitializer(function (this: object): void {
      const fields = fieldsOf.get(this) ?? [];
      fieldsOf.set(this, fields);
      fields.push({
        field,
        tag,
        set: (value) => {
          // The tag's type was compared with the field's; for a bare name the user vouches.
          access.set(this, value as never);
        },
      });
    });
  };
}

/** Name of the object that a tag stands for. */
export function nameOf(tag: Tag | string): string {
  return typeof tag === "string" ? tag : tag.name;
}

function program(name: string): ProgramTag;
function program(name: string, options: { readonly optional: true }): OptionalProgramTag;
function program(name: string, options: ProgramTagOptions<boolean> = {}): AnyProgramTag {
  return new ProgramTag(name, options);
}

function map(name: string): MapTag;
function map(name: string, options: { readonly optional: true }): MapTag<BpfMap, true>;
function map<K, V, O extends boolean = false>(
  name: string,
  key: Codec<K>,
  value: Codec<V>,
  options?: TagOptions<O>,
): MapTagOf<HashMap<K, V>, O>;
function map<K, V>(
  name: string,
  key?: Codec<K> | TagOptions<boolean>,
  value?: Codec<V>,
  options?: TagOptions<boolean>,
): AnyMapTag {
  if (key !== undefined && !("size" in key)) return new MapTag(name, undefined, key);
  return key === undefined && value === undefined
    ? new MapTag(name, undefined, options)
    : mapTags.hashMap(name, key, value, options);
}

/**
 * Tags for `loadAndAssign` and `assign`.
 *
 * @example
 * const objects = await spec.loadAndAssign({
 *   prog: ebpf.program("count_packets"),
 *   flows: ebpf.map("flows", FlowKey, FlowStats),
 *   dropped: ebpf.variable("dropped", u64),
 * });
 */
export const ebpf: Ebpf = Object.assign(decorate, {
  program,
  map,
  ...mapTags,
  variable: <T>(name: string, codec?: Codec<T>, options?: TagOptions<boolean>): AnyVariableTag =>
    new VariableTag(name, codec, options),
  // The overloads of a call can't be told from one implementation; `decorate` takes what either gives it.
}) as Ebpf;
