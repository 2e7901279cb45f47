import type { Btf, TypeId } from "bpf-loader/btf";
import { shapeOf } from "bpf-loader/codec";
import type { ArrayShape, CompositeShape, EnumShape, TypeShape } from "bpf-loader/codec";
import { quoteName } from "bpf-loader/errors";
import type { BrandModel } from "./object-model.ts";
import type { AliasEntity, ArrayEntity, CompositeEntity, EnumEntity, TypeEntity } from "./type-entity.ts";
import { valueAs } from "./value-kinds.ts";
import { fits } from "./value-rules.ts";
import type { Rule, ValueRules } from "./value-rules.ts";

/** A typedef chain is never as long as this. */
const LONGEST_CHAIN = 64;

/** Types that have an id of their own in BTF. */
type DeclaredEntity = CompositeEntity | EnumEntity | AliasEntity;

/**
 * The types that an object's maps, variables and events use, each once. First every use is added (`type-uses.ts`), then names are
 * given out (`type-names.ts`), then models are made of what was found (`type-models.ts`).
 */
export class TypeTable {
  readonly btf: Btf;
  readonly rules: ValueRules;
  /** Names of values that rules ask for, and what they are of. */
  readonly valueNames: Map<string, BrandModel["base"]> = new Map<string, BrandModel["base"]>();
  /** Identifiers of the structs and unions that can fail to be read, because of a number in them. */
  readonly checked: Set<string> = new Set<string>();
  readonly #entities: TypeEntity[] = [];
  readonly #indices = new Map<TypeEntity, number>();
  readonly #declared = new Map<TypeId, DeclaredEntity>();
  readonly #bySignature = new Map<string, DeclaredEntity>();
  readonly #arrays = new Map<string, ArrayEntity>();
  readonly #warnings = new Set<string>();

  constructor(btf: Btf, rules: ValueRules) {
    this.btf = btf;
    this.rules = rules;
  }

  /** In order of dependency. */
  get entities(): readonly TypeEntity[] {
    return this.#entities;
  }

  /** Sentences about what is bytes for want of better. */
  get warnings(): readonly string[] {
    return [...this.#warnings, ...this.rules.warnings];
  }

  /** Adds what has no id of its own in BTF, or is found by what it is in. */
  add(entity: TypeEntity): void {
    this.#indices.set(entity, this.#entities.length);
    this.#entities.push(entity);
  }

  /** @param signature equal for types of the same name and layout, which are one type, also where the BTF has it twice */
  declare(id: TypeId, signature: string, entity: DeclaredEntity): void {
    this.#declared.set(id, entity);
    this.#bySignature.set(`${entity.kind} ${signature}`, entity);
    this.add(entity);
  }

  /** Takes a type for one that is declared already. @returns whether there is one of that signature */
  declareAgain(id: TypeId, kind: DeclaredEntity["kind"], signature: string): boolean {
    const same = this.#bySignature.get(`${kind} ${signature}`);
    if (same !== undefined) this.#declared.set(id, same);
    return same !== undefined;
  }

  /** Adds the codec of an array whose elements are there. */
  addArray(shape: ArrayShape, rule: Rule | undefined): void {
    const key = this.#arrayKey(shape, rule);
    if (this.#arrays.has(key)) return;
    const { element, length } = shape;
    const entity: ArrayEntity = { kind: "array", element, rule, length, identifier: "" };
    this.#arrays.set(key, entity);
    this.add(entity);
  }

  /** The struct, union, enum or typedef of that id; `undefined` when it was not declared. */
  declared(id: TypeId): DeclaredEntity | undefined {
    return this.#declared.get(id);
  }

  /** @returns the alias that a type is declared with; the outermost, when there are several. */
  aliasOf(typeId: TypeId): AliasEntity | undefined {
    let id = this.unqualified(typeId);
    for (let depth = 0; depth < LONGEST_CHAIN; depth++) {
      const alias = this.#declared.get(id);
      const type = this.btf.type(id);
      // The rule's own name stands in its place.
      if (this.#fittingRule(id) !== undefined) return undefined;
      if (alias?.kind === "alias") return alias;
      if (type.kind !== "typedef") return undefined;
      id = this.unqualified(type.typeId);
    }
    return undefined;
  }

  /**
   * What values of a type are to be: by the rule for where they are, or else for the type, unless a typedef stands before that which
   * is an alias.
   */
  ruleFor(shape: TypeShape, given: Rule | undefined): Rule | undefined {
    if (given !== undefined && fits(shape, given)) return given;
    let id = this.unqualified(shape.typeId);
    for (let depth = 0; depth < LONGEST_CHAIN; depth++) {
      const rule = this.#fittingRule(id);
      if (rule !== undefined) return rule;
      const type = this.btf.type(id);
      if (type.kind !== "typedef") break;
      id = this.unqualified(type.typeId);
    }
    return undefined;
  }

  /** `undefined` when it is bytes. */
  compositeOf(shape: CompositeShape): CompositeEntity | undefined {
    const entity = this.#declared.get(shape.compositeId);
    return entity?.kind === "composite" ? entity : undefined;
  }

  enumOf(shape: EnumShape): EnumEntity | undefined {
    const entity = this.#declared.get(shape.enumId);
    return entity?.kind === "enum" ? entity : undefined;
  }

  arrayOf(shape: ArrayShape, rule: Rule | undefined): ArrayEntity | undefined {
    return this.#arrays.get(this.#arrayKey(shape, rule));
  }

  /** What stands for a type where no rule says otherwise; `undefined` for what has no declaration. */
  entityOf(shape: TypeShape): DeclaredEntity | undefined {
    const alias = this.aliasOf(shape.typeId);
    if (alias !== undefined) return alias;
    if (shape.kind === "struct" || shape.kind === "union") return this.compositeOf(shape);
    return shape.kind === "enum" ? this.enumOf(shape) : undefined;
  }

  /** Equal for types that have the same codec. */
  codecKey(shape: TypeShape, given: Rule | undefined): string {
    const entity = given === undefined ? this.entityOf(shape) : undefined;
    if (entity?.kind === "alias") return `#${this.#indices.get(entity)}`;
    const rule = this.ruleFor(shape, given);
    if (rule !== undefined && valueAs(shape, rule.as) !== undefined)
      return `${rule.as} ${shape.kind} ${shape.size} ${"signed" in shape && shape.signed}`;
    if (entity !== undefined) return `#${this.#indices.get(entity)}`;
    switch (shape.kind) {
      case "array":
        return this.#arrayKey(shape, rule);
      case "int":
      case "enum":
        return `int ${shape.size} ${shape.signed}`;
      default:
        return `${shape.kind} ${shape.size} ${shape.align}`;
    }
  }

  /** The type behind `const`, `volatile`, `restrict` and type tags. */
  unqualified(typeId: TypeId): TypeId {
    let id = typeId;
    for (let depth = 0; depth < LONGEST_CHAIN; depth++) {
      const type = this.btf.type(id);
      if (type.kind !== "const" && type.kind !== "volatile" && type.kind !== "restrict" && type.kind !== "typeTag")
        break;
      id = type.typeId;
    }
    return id;
  }

  /** @param where the place of what can't be said better */
  warnOfBytes(where: string, reason: string): void {
    this.#warnings.add(`${where}: ${reason}; it is bytes`);
  }

  /** All members of a union are read, whichever is meant. */
  warnOfUnion(cName: string, member: string): void {
    const problem =
      "is a number that is checked, so that reading fails where another member is meant and this one is too large";
    this.#warnings.add(`${quoteName(cName)}, member ${quoteName(member)}: ${problem}; leave it a bigint`);
  }

  #arrayKey({ element, length }: ArrayShape, rule: Rule | undefined): string {
    return `${this.codecKey(element, rule)}[${length}]`;
  }

  #fittingRule(typeId: TypeId): Rule | undefined {
    const rule = this.rules.ofType(typeId);
    return rule !== undefined && fits(shapeOf(this.btf, typeId), rule) ? rule : undefined;
  }
}
