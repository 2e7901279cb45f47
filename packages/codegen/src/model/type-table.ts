import type { Btf, BtfMember, BtfModifier, TypeId } from "bpf-loader/btf";
import { fieldsOf, isAnonymous, shapeOf } from "bpf-loader/codec";
import type { ArrayShape, CompositeShape, EnumShape, MemberShape, TypeShape } from "bpf-loader/codec";
import { BpfError, quoteName } from "bpf-loader/errors";
import { memberIdentifier, typeIdentifier } from "./identifier.ts";
import type { NameScope } from "./name-scope.ts";
import type { BrandModel, ValueModel } from "./object-model.ts";
import { NameRank } from "./type-entity.ts";
import type {
  AliasEntity,
  ArrayEntity,
  CompositeEntity,
  EnumEntity,
  InnerEntity,
  TaggedEntity,
  TypeEntity,
} from "./type-entity.ts";
import { TypeSignatures } from "./type-signature.ts";
import type { TagRules } from "./tag-rules.ts";
import { isTellingTypedef } from "./typedef-name.ts";
import { baseOf, knownValues, valueAs } from "./value-kinds.ts";
import { fits, placeOf } from "./value-rules.ts";
import type { Rule, ValueRules } from "./value-rules.ts";

/** Where a type is used, in words: asked for when there is something to say of it. */
export type Where = () => string;

/** A typedef chain is never as long as this. */
const LONGEST_CHAIN = 64;

/**
 * The types that an object's maps, variables and events use, each once. First every use is added, then names are given
 * out, then models are made of what was found: `type-models.ts`.
 */
export class TypeTable {
  readonly btf: Btf;
  readonly rules: ValueRules;
  /** Names of values that rules ask for, and what they are of. */
  readonly valueNames: Map<string, BrandModel["base"]> = new Map<string, BrandModel["base"]>();
  /** Identifiers of the structs and unions that can fail to be read, because of a number in them. */
  readonly checked: Set<string> = new Set<string>();
  /** In order of dependency. */
  readonly entities: TypeEntity[] = [];
  readonly #tags: TagRules;
  readonly #composites = new Map<TypeId, CompositeEntity>();
  readonly #enums = new Map<TypeId, EnumEntity>();
  readonly #aliases = new Map<TypeId, AliasEntity>();
  readonly #arrays = new Map<string, ArrayEntity>();
  /** Types of the same name and layout are one type, also where the BTF has it twice. */
  readonly #bySignature = new Map<string, TypeEntity>();
  readonly #signatures = new TypeSignatures();
  readonly #indices = new Map<TypeEntity, number>();
  /** Composites that contradict themselves: they are bytes. */
  readonly #broken = new Map<TypeId, string>();
  readonly #warnings = new Set<string>();

  constructor(btf: Btf, rules: ValueRules, tags: TagRules) {
    this.btf = btf;
    this.rules = rules;
    this.#tags = tags;
  }

  /** Sentences about what is bytes for want of better. */
  get warnings(): readonly string[] {
    return [...this.#warnings, ...this.rules.warnings, ...this.#tags.warnings];
  }

  /**
   * Adds a type and all that it contains.
   *
   * @param use name for it, when it has none of its own: `"flows_key"`
   * @param where the same for warnings: `key of map "flows"`
   * @param rule what its values are to be
   * @returns its shape
   */
  add(typeId: TypeId, use: string, where: Where, rule?: Rule): TypeShape {
    let shape: TypeShape;
    try {
      shape = shapeOf(this.btf, typeId);
      this.#visit(typeId, use, where, rule);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      shape = { kind: "opaque", typeId, typeName: this.btf.typeName(typeId), size: 0, align: 1, reason };
    }
    if (shape.kind === "opaque") this.#warn(where, shape.reason);
    return shape;
  }

  /** Adds a type that is asked for by its name. */
  addNamed(typeId: TypeId, name: string): void {
    const type = this.btf.type(typeId);
    this.add(typeId, name, () => `type ${quoteName(type.name === "" ? name : type.name)}`);
  }

  /**
   * Adds a struct with some of its members only, as they are called in it: `"pid"`, `"se.vruntime"`.
   *
   * @throws BpfError `ERR_BPF_NOT_FOUND` for a member that it does not have, `ERR_BPF_INVALID_ARGUMENT` for a type that is no struct.
   */
  addPart(typeId: TypeId, paths: readonly string[]): void {
    const shape = shapeOf(this.btf, typeId);
    if (shape.kind !== "struct" && shape.kind !== "union")
      throw new BpfError("ERR_BPF_INVALID_ARGUMENT", `${quoteName(shape.typeName)} has no members to choose from`);
    const wanted = shape.name === "" ? this.btf.type(typeId).name : shape.name;
    const members = [...new Set(paths)].map((path) => memberAt(shape, path));
    const rules = new Map<string, Rule>();
    for (const { name, shape: inner, bitfield } of members) {
      const rule = bitfield === undefined ? this.rules.ofPlace(placeOf(`${wanted}.${name}`)) : undefined;
      if (rule !== undefined) rules.set(name, rule);
      this.#visit(
        inner.typeId,
        `${wanted}_${name.replaceAll(".", "_")}`,
        () => `${quoteName(wanted)}, member ${quoteName(name)}`,
        rule,
      );
    }
    members.sort((a, b) => a.offset - b.offset);
    this.#register({
      kind: "composite",
      wanted,
      rank: NameRank.TAG,
      identifier: "",
      shape: { ...shape, kind: "struct", members },
      cName: shape.name === "" ? wanted : `${shape.kind} ${shape.name}`,
      isPart: true,
      fields: members,
      rules,
      tagged: new Map(),
      inner: new Map(),
    });
  }

  /** @returns the alias that a type is declared with; the outermost, when there are several. */
  aliasOf(typeId: TypeId): AliasEntity | undefined {
    let id = this.#unqualified(typeId);
    for (let depth = 0; depth < LONGEST_CHAIN; depth++) {
      const alias = this.#aliases.get(id);
      const type = this.btf.type(id);
      // The rule's own name stands in its place.
      if (this.#fittingRule(id) !== undefined) return undefined;
      if (alias !== undefined || type.kind !== "typedef") return alias;
      id = this.#unqualified(type.typeId);
    }
    return undefined;
  }

  /**
   * What values of a type are to be: by the rule for where they are, or else for the type, unless a typedef stands before that which
   * is an alias.
   */
  ruleFor(shape: TypeShape, given: Rule | undefined): Rule | undefined {
    if (given !== undefined && fits(shape, given)) return given;
    let id = this.#unqualified(shape.typeId);
    for (let depth = 0; depth < LONGEST_CHAIN; depth++) {
      const rule = this.#fittingRule(id);
      if (rule !== undefined) return rule;
      const type = this.btf.type(id);
      if (type.kind !== "typedef") break;
      id = this.#unqualified(type.typeId);
    }
    return undefined;
  }

  /** @returns what {@link add} made of it, `undefined` when it is bytes. */
  compositeOf(shape: CompositeShape): CompositeEntity | undefined {
    return this.#composites.get(shape.compositeId);
  }

  enumOf(shape: EnumShape): EnumEntity | undefined {
    return this.#enums.get(shape.enumId);
  }

  arrayOf(shape: ArrayShape, rule: Rule | undefined): ArrayEntity | undefined {
    return this.#arrays.get(this.#arrayKey(shape, rule));
  }

  /** Gives every type its name in `scope`. */
  nameAll(scope: NameScope): void {
    const inner: InnerEntity[] = [];
    const named: TypeEntity[] = [];
    for (const entity of this.entities) {
      if (entity.kind === "composite") inner.push(...entity.inner.values());
      if (entity.kind !== "array") named.push(entity);
    }
    // Sorting is stable, so that types of one name keep the order in which they were found.
    named.sort((a, b) => compare(a.wanted, b.wanted));
    for (const rank of Object.values(NameRank)) {
      const group = named.filter((entity) => entity.rank === rank);
      const names = scope.takeAll(
        group.map(({ wanted }) => wanted),
        typeIdentifier,
      );
      for (const [index, entity] of group.entries()) entity.identifier = names[index] ?? "";
    }
    for (const entity of inner) entity.identifier = scope.take(memberIdentifier(entity.wanted));
    // Inner arrays come before those that contain them.
    for (const entity of this.entities)
      if (entity.kind === "array")
        entity.identifier = scope.take(
          memberIdentifier(`${this.#elementName(entity.element, entity.rule)}_array_${entity.length}`),
        );
  }

  #visit(typeId: TypeId, use: string, where: Where, given?: Rule): void {
    const shape = shapeOf(this.btf, typeId);
    for (const rule of [given, this.rules.ofType(this.#unqualified(typeId))]) {
      if (rule === undefined) continue;
      if (fits(shape, rule)) {
        this.#visitRuled(shape, use, where, rule);
        return;
      }
      this.rules.misfit(rule, shape.typeName);
    }
    const typedef = this.btf.type(this.#unqualified(typeId));
    if (typedef.kind === "typedef") {
      this.#visitTypedef(typedef, use, where);
      return;
    }
    switch (shape.kind) {
      case "struct":
      case "union":
        this.#addComposite(shape, use, shape.name === "" ? NameRank.USE : NameRank.TAG, where);
        break;
      case "enum":
        this.#addEnum(shape, use, shape.name === "" ? NameRank.USE : NameRank.TAG);
        break;
      case "array":
        this.#visit(shape.element.typeId, use, where);
        this.#addArray(shape, undefined);
        break;
      case "opaque":
        this.#warn(where, shape.reason);
        break;
      default:
        break;
    }
  }

  /** Only arrays need a declaration, of a codec of their elements. */
  #visitRuled(shape: TypeShape, use: string, where: Where, rule: Rule): void {
    const value = valueAs(shape, rule.as);
    if (value !== undefined) this.#useName(value, rule, shape);
    else if (shape.kind === "array") {
      this.#visit(shape.element.typeId, use, where, rule);
      this.#addArray(shape, rule);
    }
  }

  #useName(value: ValueModel, rule: Rule, { typeName }: TypeShape): void {
    const name = value.kind === "address" ? value.codec : value.brand;
    if (name === undefined) return;
    const base = baseOf(value);
    const before = this.valueNames.get(name);
    if (before === undefined) this.valueNames.set(name, base);
    else if (before !== base && !knownValues.has(name))
      this.rules.misfit(rule, typeName, `it is a ${before} elsewhere, and of ${quoteName(typeName)} a ${base}`);
  }

  /** A typedef names what has no name; what has one gets another beside it. */
  #visitTypedef(typedef: BtfModifier, use: string, where: Where): void {
    const target = this.btf.type(this.#unqualified(typedef.typeId));
    const isAnonymousType = target.name === "" && ["struct", "union", "enum", "enum64"].includes(target.kind);
    if (isAnonymousType) {
      const shape = shapeOf(this.btf, target.id);
      if (shape.kind === "struct" || shape.kind === "union")
        this.#addComposite(shape, typedef.name, NameRank.TYPEDEF, where);
      else if (shape.kind === "enum") this.#addEnum(shape, typedef.name, NameRank.TYPEDEF);
      if (this.#isNamedBy(target.id, typedef.name)) return;
    } else {
      this.#visit(typedef.typeId, use, where);
    }
    if (!isTellingTypedef(typedef.name) || target.name === typedef.name || this.#aliases.has(typedef.id)) return;
    const shape = shapeOf(this.btf, typedef.typeId);
    if (shape.kind === "opaque") return;
    const same = this.#bySignature.get(`alias ${typedef.name} ${this.#key(shape, undefined)}`);
    if (same?.kind === "alias") {
      this.#aliases.set(typedef.id, same);
      return;
    }
    const entity: AliasEntity = {
      kind: "alias",
      wanted: typedef.name,
      rank: NameRank.ALIAS,
      identifier: "",
      typedef: typedef.name,
      target: typedef.typeId,
    };
    this.#bySignature.set(`alias ${typedef.name} ${this.#key(shape, undefined)}`, entity);
    this.#aliases.set(typedef.id, entity);
    this.#register(entity);
  }

  #addComposite(shape: CompositeShape, wanted: string, rank: NameRank, where: Where): void {
    const id = shape.compositeId;
    if (this.#composites.has(id) || this.#broken.has(id)) return;
    const cName = rank === NameRank.TYPEDEF ? wanted : `${shape.kind} ${shape.name === "" ? "{...}" : shape.name}`;
    const signature = `${cName} ${rank === NameRank.USE ? id : this.#signatures.of(shape)}`;
    const same = this.#bySignature.get(signature);
    if (same?.kind === "composite") {
      this.#composites.set(id, same);
      return;
    }
    let fields: readonly MemberShape[];
    try {
      fields = fieldsOf(shape);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#broken.set(id, reason);
      this.#warn(where, reason);
      return;
    }
    const base = shape.name === "" ? wanted : shape.name;
    const rules = this.#memberRules(shape, base);
    const tagged = this.#taggedUnions(shape, base, fields);
    fields = withTagged(fields, tagged);
    for (const { name, shape: inner, bitfield } of fields) {
      const union = tagged.get(name);
      if (union !== undefined) {
        this.#addTagged(union.entity, where);
        continue;
      }
      const rule = rules.get(name);
      if (rule !== undefined && bitfield !== undefined) {
        this.rules.misfit(rule, inner.typeName, `${quoteName(name)} is a bitfield`);
        rules.delete(name);
      }
      this.#visit(
        inner.typeId,
        `${base}_${name}`,
        () => `${quoteName(cName)}, member ${quoteName(name)}`,
        rules.get(name),
      );
    }
    const entity: CompositeEntity = {
      isPart: false,
      kind: "composite",
      wanted: base,
      rank,
      identifier: "",
      shape,
      cName,
      fields,
      rules,
      tagged: new Map([...tagged].map(([name, { entity }]) => [name, entity])),
      inner: new Map(),
    };
    addInner(entity, shape, new Set([...tagged.values()].map(({ union }) => union.shape)));
    this.#composites.set(id, entity);
    this.#bySignature.set(signature, entity);
    this.#register(entity);
  }

  /** Those of a struct that have a tag, by the names that their fields have. */
  #taggedUnions(composite: CompositeShape, owner: string, fields: readonly MemberShape[]): Map<string, TaggedUnionOf> {
    const found = new Map<string, TaggedUnionOf>();
    if (composite.kind !== "struct") return found;
    const visit = (shape: CompositeShape, offset: number): void => {
      // Shapes leave out bitfields without a name, so that only unions have the same numbers.
      const declared = this.#membersOf(shape.compositeId);
      for (const member of shape.members) {
        const inner = member.shape;
        if (inner.kind === "struct" && member.name === "") visit(inner, offset + member.offset);
        if (inner.kind !== "union") continue;
        const index = declared.findIndex(
          ({ name, bitOffset }) => name === member.name && bitOffset === member.offset * 8,
        );
        const union = { ...member, offset: offset + member.offset, shape: inner };
        const tagging = this.#tags.of(owner, union, fields, { id: shape.compositeId, index });
        if (tagging === undefined) continue;
        const taken = fields.some(({ name }) => name === tagging.name);
        const name = member.name === "" && taken ? `${tagging.name}_of_${tagging.tag.name}` : tagging.name;
        const entity: TaggedEntity = {
          kind: "tagged",
          wanted: `${owner}_${name}`,
          rank: NameRank.USE,
          identifier: "",
          shape: inner,
          tagging,
          rules: this.#memberRules(inner, member.name === "" ? owner : `${owner}_${member.name}`),
          cName: this.btf.declaration(inner.typeId, member.name),
          owner,
        };
        found.set(name, { entity, union: { ...union, name }, isAnonymous: member.name === "" });
      }
    };
    visit(composite, 0);
    return found;
  }

  #addTagged(entity: TaggedEntity, where: Where): void {
    for (const { member } of entity.tagging.cases)
      this.#visit(member.shape.typeId, `${entity.owner}_${member.name}`, where, entity.rules.get(member.name));
    this.#register(entity);
  }

  #addEnum(shape: EnumShape, use: string, rank: NameRank): void {
    if (this.#enums.has(shape.enumId)) return;
    const cName = rank === NameRank.TYPEDEF ? use : `enum ${shape.name === "" ? "{...}" : shape.name}`;
    const signature = `${cName} ${rank === NameRank.USE ? shape.enumId : this.#signatures.of(shape)}`;
    const same = this.#bySignature.get(signature);
    if (same?.kind === "enum") {
      this.#enums.set(shape.enumId, same);
      return;
    }
    const wanted = shape.name === "" ? use : shape.name;
    const entity: EnumEntity = { kind: "enum", wanted, rank, identifier: "", shape, cName };
    this.#enums.set(shape.enumId, entity);
    this.#bySignature.set(signature, entity);
    this.#register(entity);
  }

  #addArray(shape: ArrayShape, rule: Rule | undefined): void {
    const key = this.#arrayKey(shape, rule);
    if (this.#arrays.has(key)) return;
    const { element, length } = shape;
    const base = { kind: "array", wanted: "", rank: NameRank.INNER, identifier: "" } as const;
    const entity: ArrayEntity = { ...base, element, rule, length };
    this.#arrays.set(key, entity);
    this.#register(entity);
  }

  #register(entity: TypeEntity): void {
    this.#indices.set(entity, this.entities.length);
    this.entities.push(entity);
  }

  /** Equal for types that have the same codec. */
  #key(shape: TypeShape, given: Rule | undefined): string {
    const entity = given === undefined ? this.#entityOf(shape) : undefined;
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

  #arrayKey({ element, length }: ArrayShape, rule: Rule | undefined): string {
    return `${this.#key(element, rule)}[${length}]`;
  }

  #entityOf(shape: TypeShape): TypeEntity | undefined {
    const alias = this.aliasOf(shape.typeId);
    if (alias !== undefined) return alias;
    if (shape.kind === "struct" || shape.kind === "union") return this.compositeOf(shape);
    return shape.kind === "enum" ? this.enumOf(shape) : undefined;
  }

  /** The word for an element in the name of its array. */
  #elementName(shape: TypeShape, given: Rule | undefined): string {
    const entity = given === undefined ? this.#entityOf(shape) : undefined;
    if (entity?.kind === "alias") return entity.identifier;
    const rule = this.ruleFor(shape, given);
    if (rule !== undefined && valueAs(shape, rule.as) !== undefined) return rule.as;
    if (entity !== undefined) return entity.identifier;
    switch (shape.kind) {
      case "array":
        return this.arrayOf(shape, rule)?.identifier ?? "array";
      case "int":
        return `${shape.signed ? "i" : "u"}${shape.size * 8}`;
      case "float":
        return `f${shape.size * 8}`;
      case "string":
        return `string${shape.size}`;
      case "bool":
      case "pointer":
        return shape.kind;
      default:
        return `bytes${shape.size}`;
    }
  }

  #fittingRule(typeId: TypeId): Rule | undefined {
    const rule = this.rules.ofType(typeId);
    return rule !== undefined && fits(shapeOf(this.btf, typeId), rule) ? rule : undefined;
  }

  /** Rules for the members of a struct or union, those of anonymous ones in it included. */
  #memberRules(composite: CompositeShape, owner: string): Map<string, Rule> {
    const rules = new Map<string, Rule>();
    const visit = (shape: CompositeShape): void => {
      for (const [index, { name }] of this.#membersOf(shape.compositeId).entries()) {
        const rule = name === "" ? undefined : this.rules.ofMember(owner, name, shape.compositeId, index);
        if (rule !== undefined && !rules.has(name)) rules.set(name, rule);
      }
      for (const member of shape.members) if (isAnonymous(member)) visit(member.shape);
    };
    visit(composite);
    return rules;
  }

  #membersOf(compositeId: TypeId): readonly BtfMember[] {
    const type = this.btf.type(compositeId);
    return type.kind === "struct" || type.kind === "union" ? type.members : [];
  }

  #isNamedBy(typeId: TypeId, typedef: string): boolean {
    const entity = this.#composites.get(typeId) ?? this.#enums.get(typeId);
    return entity === undefined || (entity.wanted === typedef && entity.rank === NameRank.TYPEDEF);
  }

  /** Behind `const`, `volatile`, `restrict` and type tags. */
  #unqualified(typeId: TypeId): TypeId {
    let id = typeId;
    for (let depth = 0; depth < LONGEST_CHAIN; depth++) {
      const type = this.btf.type(id);
      if (type.kind !== "const" && type.kind !== "volatile" && type.kind !== "restrict" && type.kind !== "typeTag")
        break;
      id = type.typeId;
    }
    return id;
  }

  /** All members of a union are read, whichever is meant. */
  warnOfUnion(cName: string, member: string): void {
    const problem =
      "is a number that is checked, so that reading fails where another member is meant and this one is too large";
    this.#warnings.add(`${quoteName(cName)}, member ${quoteName(member)}: ${problem}; leave it a bigint`);
  }

  #warn(where: Where, reason: string): void {
    this.#warnings.add(`${where()}: ${reason}; it is bytes`);
  }
}

/** A member of a struct, or of one in it, with its place in the outermost. */
function memberAt(composite: CompositeShape, path: string): MemberShape {
  let shape: TypeShape = composite;
  let offset = 0;
  let found: MemberShape | undefined;
  for (const step of path.split(".")) {
    const members: readonly MemberShape[] = shape.kind === "struct" || shape.kind === "union" ? fieldsOf(shape) : [];
    found = members.find(({ name }) => name === step);
    if (found === undefined)
      throw new BpfError("ERR_BPF_NOT_FOUND", `${quoteName(shape.typeName)} has no member ${quoteName(step)}`);
    offset += found.offset;
    shape = found.shape;
  }
  if (found === undefined) throw new BpfError("ERR_BPF_NOT_FOUND", "a member without a name can't be chosen");
  return { ...found, name: path, offset };
}

/** A union with a tag, as a field of its struct. */
interface TaggedUnionOf {
  readonly entity: TaggedEntity;
  readonly union: MemberShape & { readonly shape: CompositeShape };
  readonly isAnonymous: boolean;
}

/** The fields of a struct where a union that has a tag is one field, also when it is anonymous. */
function withTagged(
  fields: readonly MemberShape[],
  tagged: ReadonlyMap<string, TaggedUnionOf>,
): readonly MemberShape[] {
  const anonymous = [...tagged.values()].filter((one) => one.isAnonymous);
  if (anonymous.length === 0) return fields;
  const hidden = new Set(anonymous.flatMap(({ union }) => fieldsOf(union.shape).map(({ name }) => name)));
  const all = [...fields.filter(({ name }) => !hidden.has(name)), ...anonymous.map(({ union }) => union)];
  return all.sort((a, b) => a.offset - b.offset);
}

/** A codec for each anonymous member of a union, and for each anonymous union of a struct. */
function addInner(entity: CompositeEntity, shape: CompositeShape, except: ReadonlySet<CompositeShape>): void {
  for (const member of shape.members) {
    if (!isAnonymous(member) || except.has(member.shape)) continue;
    addInner(entity, member.shape, except);
    if ((shape.kind === "union" || member.shape.kind === "union") && !entity.inner.has(member.shape))
      entity.inner.set(member.shape, {
        wanted: `${entity.wanted}_${member.shape.kind}`,
        rank: NameRank.INNER,
        identifier: "",
        shape: member.shape,
      });
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
