import type { BtfModifier, TypeId } from "bpf-loader/btf";
import { fieldsOf, isAnonymous, shapeOf } from "bpf-loader/codec";
import type { CompositeShape, EnumShape, MemberShape, TypeShape } from "bpf-loader/codec";
import { quoteName } from "bpf-loader/errors";
import type { ValueModel } from "./object-model.ts";
import type { TagRules } from "./tag-rules.ts";
import { taggedUnions, withTagged } from "./tagged-unions.ts";
import { NameRank } from "./type-entity.ts";
import type { CompositeEntity, EnumEntity, TaggedEntity } from "./type-entity.ts";
import { TypeSignatures } from "./type-signature.ts";
import type { TypeTable } from "./type-table.ts";
import { isTellingTypedef } from "./typedef-name.ts";
import { baseOf, knownValues, valueAs } from "./value-kinds.ts";
import { fits } from "./value-rules.ts";
import type { Rule } from "./value-rules.ts";

/** Where a type is used, in words: asked for when there is something to say of it. */
export type Where = () => string;

/** Adds to a table the types that are used, and all that these contain. */
export class TypeUses {
  readonly table: TypeTable;
  readonly #tags: TagRules;
  readonly #signatures = new TypeSignatures();
  /** Composites that contradict themselves: they are bytes. */
  readonly #broken = new Set<TypeId>();

  constructor(table: TypeTable, tags: TagRules) {
    this.table = table;
    this.#tags = tags;
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
    const { btf } = this.table;
    let shape: TypeShape;
    try {
      shape = shapeOf(btf, typeId);
      this.#visit(typeId, use, where, rule);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      shape = { kind: "opaque", typeId, typeName: btf.typeName(typeId), size: 0, align: 1, reason };
    }
    if (shape.kind === "opaque") this.table.warnOfBytes(where(), shape.reason);
    return shape;
  }

  /** Adds a type that is asked for by its name. */
  addNamed(typeId: TypeId, name: string): void {
    const type = this.table.btf.type(typeId);
    this.add(typeId, name, () => `type ${quoteName(type.name === "" ? name : type.name)}`);
  }

  #visit(typeId: TypeId, use: string, where: Where, given?: Rule): void {
    const { table } = this;
    const shape = shapeOf(table.btf, typeId);
    for (const rule of [given, table.rules.ofType(table.unqualified(typeId))]) {
      if (rule === undefined) continue;
      if (fits(shape, rule)) {
        this.#visitRuled(shape, use, where, rule);
        return;
      }
      table.rules.misfit(rule, shape.typeName);
    }
    const typedef = table.btf.type(table.unqualified(typeId));
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
        table.addArray(shape, undefined);
        break;
      case "opaque":
        table.warnOfBytes(where(), shape.reason);
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
      this.table.addArray(shape, rule);
    }
  }

  #useName(value: ValueModel, rule: Rule, { typeName }: TypeShape): void {
    const { rules, valueNames } = this.table;
    const name = value.kind === "address" ? value.codec : value.brand;
    if (name === undefined) return;
    const base = baseOf(value);
    const before = valueNames.get(name);
    if (before === undefined) valueNames.set(name, base);
    else if (before !== base && !knownValues.has(name))
      rules.misfit(rule, typeName, `it is a ${before} elsewhere, and of ${quoteName(typeName)} a ${base}`);
  }

  /** A typedef names what has no name; what has one gets another beside it. */
  #visitTypedef(typedef: BtfModifier, use: string, where: Where): void {
    const { table } = this;
    const target = table.btf.type(table.unqualified(typedef.typeId));
    const isAnonymousType = target.name === "" && ["struct", "union", "enum", "enum64"].includes(target.kind);
    if (isAnonymousType) {
      const shape = shapeOf(table.btf, target.id);
      if (shape.kind === "struct" || shape.kind === "union")
        this.#addComposite(shape, typedef.name, NameRank.TYPEDEF, where);
      else if (shape.kind === "enum") this.#addEnum(shape, typedef.name, NameRank.TYPEDEF);
      if (this.#isNamedBy(target.id, typedef.name)) return;
    } else {
      this.#visit(typedef.typeId, use, where);
    }
    if (!isTellingTypedef(typedef.name) || target.name === typedef.name) return;
    if (table.declared(typedef.id) !== undefined) return;
    const shape = shapeOf(table.btf, typedef.typeId);
    if (shape.kind === "opaque") return;
    const signature = `${typedef.name} ${table.codecKey(shape, undefined)}`;
    if (table.declareAgain(typedef.id, "alias", signature)) return;
    table.declare(typedef.id, signature, {
      kind: "alias",
      wanted: typedef.name,
      rank: NameRank.ALIAS,
      identifier: "",
      typedef: typedef.name,
      target: typedef.typeId,
    });
  }

  #isNamedBy(typeId: TypeId, typedef: string): boolean {
    const entity = this.table.declared(typeId);
    return entity === undefined || (entity.wanted === typedef && entity.rank === NameRank.TYPEDEF);
  }

  #addComposite(shape: CompositeShape, wanted: string, rank: NameRank, where: Where): void {
    const { table } = this;
    const id = shape.compositeId;
    if (table.declared(id) !== undefined || this.#broken.has(id)) return;
    const cName = rank === NameRank.TYPEDEF ? wanted : `${shape.kind} ${shape.name === "" ? "{...}" : shape.name}`;
    const signature = `${cName} ${rank === NameRank.USE ? id : this.#signatures.of(shape)}`;
    if (table.declareAgain(id, "composite", signature)) return;
    let fields: readonly MemberShape[];
    try {
      fields = fieldsOf(shape);
    } catch (error) {
      this.#broken.add(id);
      table.warnOfBytes(where(), error instanceof Error ? error.message : String(error));
      return;
    }
    const base = shape.name === "" ? wanted : shape.name;
    const rules = table.rules.ofMembers(base, shape);
    const tagged = taggedUnions(table.btf, this.#tags, table.rules, shape, base, fields);
    fields = withTagged(fields, tagged);
    for (const { name, shape: inner, bitfield } of fields) {
      const union = tagged.get(name);
      if (union !== undefined) {
        this.#addTagged(union.entity, where);
        continue;
      }
      const rule = rules.get(name);
      if (rule !== undefined && bitfield !== undefined) {
        table.rules.misfit(rule, inner.typeName, `${quoteName(name)} is a bitfield`);
        rules.delete(name);
      }
      const place = (): string => `${quoteName(cName)}, member ${quoteName(name)}`;
      this.#visit(inner.typeId, `${base}_${name}`, place, rules.get(name));
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
    table.declare(id, signature, entity);
  }

  #addTagged(entity: TaggedEntity, where: Where): void {
    for (const { member } of entity.tagging.cases)
      this.#visit(member.shape.typeId, `${entity.owner}_${member.name}`, where, entity.rules.get(member.name));
    this.table.add(entity);
  }

  #addEnum(shape: EnumShape, use: string, rank: NameRank): void {
    const { table } = this;
    const id = shape.enumId;
    if (table.declared(id) !== undefined) return;
    const cName = rank === NameRank.TYPEDEF ? use : `enum ${shape.name === "" ? "{...}" : shape.name}`;
    const signature = `${cName} ${rank === NameRank.USE ? id : this.#signatures.of(shape)}`;
    if (table.declareAgain(id, "enum", signature)) return;
    const wanted = shape.name === "" ? use : shape.name;
    const entity: EnumEntity = { kind: "enum", wanted, rank, identifier: "", shape, cName };
    table.declare(id, signature, entity);
  }
}

/** A codec for each anonymous member of a union, and for each anonymous union of a struct. */
function addInner(entity: CompositeEntity, shape: CompositeShape, except: ReadonlySet<CompositeShape>): void {
  for (const member of shape.members) {
    if (!isAnonymous(member) || except.has(member.shape)) continue;
    addInner(entity, member.shape, except);
    if ((shape.kind === "union" || member.shape.kind === "union") && !entity.inner.has(member.shape)) {
      const wanted = `${entity.wanted}_${member.shape.kind}`;
      entity.inner.set(member.shape, { wanted, identifier: "", shape: member.shape });
    }
  }
}
