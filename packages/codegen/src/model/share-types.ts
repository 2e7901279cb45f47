import { quoteName } from "bpf-loader/errors";
import type { ByteOrder, ObjectModel, TypeModel, ValueModel } from "./object-model.ts";

/** Models whose common types stand apart. */
export interface SharedTypes {
  /** Types that several models define alike, and what these need; each after those that it contains. */
  readonly types: readonly TypeModel[];
  /** Of these types. */
  readonly byteOrder: ByteOrder;
  /** The models, in the given order, with {@link ObjectModel.shared} and without these types. */
  readonly models: readonly ObjectModel[];
  /** For each model, why types stay in it that others have as well, a sentence each. */
  readonly notes: readonly (readonly string[])[];
}

/**
 * Takes out of models the types that several of them define alike: of the same name, with the same content down to the last member.
 * Where types of one name differ, those that most models have are shared, and the others stay where they are, as do all types of models
 * with another byte order than most.
 */
export function shareTypes(models: readonly ObjectModel[]): SharedTypes {
  const byteOrder = mostFrequent(models.map((model) => model.byteOrder));
  const all = new Definitions(models, byteOrder);
  const shared = new Map<string, TypeModel>();
  for (const definition of all.inOrder())
    if (definition.exported && all.isShared(definition)) takeWithHelpers(definition, shared);
  const apart = models.map((model, index) => {
    const names = model.types.filter((type) => {
      const definition = all.of(index, type.identifier);
      return definition?.exported === true && all.isShared(definition);
    });
    return withoutTypes(model, names);
  });
  const notes = models.map((model, index) => {
    if (model.byteOrder !== byteOrder && shared.size > 0)
      return ["its values are of another byte order than those of most: all types stay in this module"];
    return model.types.flatMap((type) => {
      const definition = all.of(index, type.identifier);
      if (definition?.exported !== true || all.isShared(definition) || !all.isElsewhere(definition)) return [];
      return [`${quoteName(nameInC(type))} is not the same in all objects: ${type.identifier} stays in this module`];
    });
  });
  return { types: [...shared.values()], byteOrder, models: apart, notes };
}

/** Of several that are as frequent, always the same. */
function mostFrequent(orders: readonly ByteOrder[]): ByteOrder {
  const count = (order: ByteOrder): number => orders.filter((other) => other === order).length;
  return (["little", "big", "host"] as const).reduce((best, order) => (count(order) > count(best) ? order : best));
}

/** One type of one model. */
interface Definition {
  readonly type: TypeModel;
  readonly exported: boolean;
  /** The same number for definitions that are alike. */
  readonly kind: number;
  /** Name of the object's file. */
  readonly file: string;
  readonly needs: readonly Definition[];
}

class Definitions {
  readonly #models: readonly ReadonlyMap<string, Definition>[];
  /** Text of a definition, with the numbers of what it needs → its number. */
  readonly #kinds = new Map<string, number>();
  /** Name → the kind that is shared under it. */
  readonly #chosen: ReadonlyMap<string, number>;
  readonly #names = new Map<string, Set<number>>();
  readonly #shared = new Map<Definition, boolean>();

  constructor(models: readonly ObjectModel[], byteOrder: ByteOrder) {
    this.#models = models.map((model) => this.#define(model.byteOrder === byteOrder ? model : { ...model, types: [] }));
    this.#chosen = this.#choose();
  }

  of(model: number, name: string): Definition | undefined {
    return this.#models[model]?.get(name);
  }

  *inOrder(): Generator<Definition> {
    for (const model of this.#models) yield* model.values();
  }

  /** Whether it is one of those that stand apart, which takes that all that it needs can. */
  isShared(definition: Definition): boolean {
    let answer = this.#shared.get(definition);
    if (answer === undefined) {
      answer =
        this.#chosen.get(definition.type.identifier) === definition.kind &&
        definition.needs.every((needed) => this.isShared(needed));
      this.#shared.set(definition, answer);
    }
    return answer;
  }

  /** Whether another model has another type of that name. */
  isElsewhere({ type }: Definition): boolean {
    return (this.#names.get(type.identifier)?.size ?? 0) > 1;
  }

  #define({ types, file }: ObjectModel): ReadonlyMap<string, Definition> {
    const defined = new Map<string, Definition>();
    for (const type of types) {
      const needs = [...needsOf(type)].flatMap((name) => defined.get(name) ?? []);
      const text = JSON.stringify([type, needs.map(({ kind }) => kind)]);
      let kind = this.#kinds.get(text);
      if (kind === undefined) this.#kinds.set(text, (kind = this.#kinds.size));
      defined.set(type.identifier, { type, exported: isExported(type), kind, file, needs });
    }
    return defined;
  }

  /**
   * Of each name, the kind that most models have; of several, that of the first file by name. What is not exported needs no second
   * model.
   */
  #choose(): ReadonlyMap<string, number> {
    const candidates = new Map<string, Map<number, string[]>>();
    const chosen = new Map<string, number>();
    for (const { type, kind, exported, file } of this.inOrder()) {
      const { identifier } = type;
      if (!exported) {
        if (!chosen.has(identifier)) chosen.set(identifier, kind);
        continue;
      }
      const kinds = candidates.get(identifier) ?? new Map<number, string[]>();
      candidates.set(identifier, kinds.set(kind, [...(kinds.get(kind) ?? []), file].sort()));
      this.#names.set(identifier, new Set(kinds.keys()));
    }
    for (const [name, kinds] of candidates) {
      const [best] = [...kinds].sort(([, a], [, b]) => b.length - a.length || ((a[0] ?? "") < (b[0] ?? "") ? -1 : 1));
      if (best !== undefined && best[1].length > 1 && !chosen.has(name)) chosen.set(name, best[0]);
    }
    return chosen;
  }
}

function takeWithHelpers(definition: Definition, into: Map<string, TypeModel>): void {
  if (into.has(definition.type.identifier)) return;
  for (const needed of definition.needs) takeWithHelpers(needed, into);
  into.set(definition.type.identifier, definition.type);
}

function withoutTypes(model: ObjectModel, taken: readonly TypeModel[]): ObjectModel {
  if (taken.length === 0) return model;
  const names = new Set(taken.map(({ identifier }) => identifier));
  const rest = model.types.filter(({ identifier }) => !names.has(identifier));
  const byName = new Map(rest.map((type) => [type.identifier, type]));
  const needed = new Set<string>();
  const need = (name: string): void => {
    const type = byName.get(name);
    if (type === undefined || needed.has(name)) return;
    needed.add(name);
    for (const other of needsOf(type)) need(other);
  };
  for (const type of rest) if (isExported(type)) need(type.identifier);
  for (const value of usedValues(model)) for (const name of needsOfValue(value)) need(name);
  return {
    ...model,
    types: rest.filter(({ identifier }) => needed.has(identifier)),
    shared: taken.map(({ identifier, kind }) => ({ identifier, typeOnly: kind === "brand" })),
  };
}

/** Of maps, variables and structures. */
function* usedValues({ maps, constants, variables }: ObjectModel): Generator<ValueModel> {
  for (const { value } of [...constants, ...variables]) yield value;
  for (let map of maps) {
    for (const { value } of map.structOps?.values ?? []) yield value;
    for (;;) {
      if (map.key !== undefined) yield map.key.value;
      if (map.value !== undefined) yield map.value.value;
      if (map.inner === undefined) break;
      map = map.inner;
    }
  }
}

/** Names of the types of its model that a type's declarations mention. */
function needsOf(type: TypeModel): ReadonlySet<string> {
  const names = new Set<string>();
  const add = (value: ValueModel): void => {
    for (const name of needsOfValue(value)) names.add(name);
  };
  switch (type.kind) {
    case "struct":
    case "union":
      for (const { value } of type.fields) add(value);
      for (const step of type.steps) if (step.kind === "union") names.add(step.codec);
      for (const member of type.members) {
        if (member.kind === "field") add(member.field.value);
        else names.add(member.codec);
      }
      break;
    case "alias":
      add(type.value);
      break;
    case "array":
      add(type.element);
      break;
    case "tagged":
      if (type.enumeration !== undefined) names.add(type.enumeration);
      for (const { member } of type.cases) add(member);
      break;
    case "enum":
    case "brand":
      break;
  }
  return names;
}

function needsOfValue(value: ValueModel): readonly string[] {
  const named = [value.alias, value.brand].filter((name) => name !== undefined);
  if (value.alias !== undefined) return named;
  switch (value.kind) {
    case "enum":
      return [...named, value.enumeration];
    case "array":
      // The codec of the elements is the array codec's own need.
      return [...named, value.codec];
    case "composite":
      return [...named, value.composite];
    case "tagged":
      return [...named, value.union];
    default:
      return named;
  }
}

function isExported(type: TypeModel): boolean {
  return type.kind === "struct" || type.kind === "union" ? type.exported : type.kind !== "array";
}

function nameInC(type: TypeModel): string {
  switch (type.kind) {
    case "struct":
    case "union":
    case "enum":
    case "tagged":
      return type.cName;
    case "alias":
      return type.declaration;
    default:
      return type.identifier;
  }
}
