import type { Btf, BtfModifier, TypeId } from "bpf-loader/btf";
import { fieldsOf, isAnonymous, shapeOf } from "bpf-loader/codec";
import type { ArrayShape, CompositeShape, EnumShape, TypeShape } from "bpf-loader/codec";
import { quoteName } from "bpf-loader/errors";
import { memberIdentifier, typeIdentifier } from "./identifier.ts";
import type { NameScope } from "./name-scope.ts";
import { NameRank } from "./type-entity.ts";
import type { AliasEntity, ArrayEntity, CompositeEntity, EnumEntity, InnerEntity, TypeEntity } from "./type-entity.ts";
import { TypeSignatures } from "./type-signature.ts";
import { isTellingTypedef } from "./typedef-name.ts";

/** A typedef chain is never as long as this. */
const LONGEST_CHAIN = 64;

/**
 * The types that an object's maps, variables and events use, each once. First every use is added, then names are given
 * out, then models are made of what was found: `type-models.ts`.
 */
export class TypeTable {
  readonly btf: Btf;
  /** In order of dependency. */
  readonly entities: TypeEntity[] = [];
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

  constructor(btf: Btf) {
    this.btf = btf;
  }

  /** Sentences about what is bytes for want of better. */
  get warnings(): readonly string[] {
    return [...this.#warnings];
  }

  /**
   * Adds a type and all that it contains.
   *
   * @param use name for it, when it has none of its own: `"flows_key"`
   * @param where the same in words, for warnings: `key of map "flows"`
   * @returns its shape
   */
  add(typeId: TypeId, use: string, where: string): TypeShape {
    let shape: TypeShape;
    try {
      shape = shapeOf(this.btf, typeId);
      this.#visit(typeId, use, where);
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
    this.add(typeId, name, `type ${quoteName(type.name === "" ? name : type.name)}`);
  }

  /** @returns the alias that a type is declared with; the outermost, when there are several. */
  aliasOf(typeId: TypeId): AliasEntity | undefined {
    let id = this.#unqualified(typeId);
    for (let depth = 0; depth < LONGEST_CHAIN; depth++) {
      const alias = this.#aliases.get(id);
      const type = this.btf.type(id);
      if (alias !== undefined || type.kind !== "typedef") return alias;
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

  arrayOf(shape: ArrayShape): ArrayEntity | undefined {
    return this.#arrays.get(this.#arrayKey(shape));
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
        entity.identifier = scope.take(memberIdentifier(`${this.#elementName(entity.element)}_array_${entity.length}`));
  }

  #visit(typeId: TypeId, use: string, where: string): void {
    const typedef = this.btf.type(this.#unqualified(typeId));
    if (typedef.kind === "typedef") {
      this.#visitTypedef(typedef, use, where);
      return;
    }
    const shape = shapeOf(this.btf, typeId);
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
        this.#addArray(shape);
        break;
      case "opaque":
        this.#warn(where, shape.reason);
        break;
      default:
        break;
    }
  }

  /** A typedef names what has no name; what has one gets another beside it. */
  #visitTypedef(typedef: BtfModifier, use: string, where: string): void {
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
    const same = this.#bySignature.get(`alias ${typedef.name} ${this.#key(shape)}`);
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
    this.#bySignature.set(`alias ${typedef.name} ${this.#key(shape)}`, entity);
    this.#aliases.set(typedef.id, entity);
    this.#register(entity);
  }

  #addComposite(shape: CompositeShape, wanted: string, rank: NameRank, where: string): void {
    const id = shape.compositeId;
    if (this.#composites.has(id) || this.#broken.has(id)) return;
    const cName = rank === NameRank.TYPEDEF ? wanted : `${shape.kind} ${shape.name === "" ? "{...}" : shape.name}`;
    const signature = `${cName} ${rank === NameRank.USE ? id : this.#signatures.of(shape)}`;
    const same = this.#bySignature.get(signature);
    if (same?.kind === "composite") {
      this.#composites.set(id, same);
      return;
    }
    let fields;
    try {
      fields = fieldsOf(shape);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#broken.set(id, reason);
      this.#warn(where, reason);
      return;
    }
    const base = shape.name === "" ? wanted : shape.name;
    for (const field of fields)
      this.#visit(field.shape.typeId, `${base}_${field.name}`, `${cName}, member ${field.name}`);
    const entity: CompositeEntity = {
      kind: "composite",
      wanted: base,
      rank,
      identifier: "",
      shape,
      cName,
      fields,
      inner: new Map(),
    };
    addInner(entity, shape);
    this.#composites.set(id, entity);
    this.#bySignature.set(signature, entity);
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

  #addArray(shape: ArrayShape): void {
    const key = this.#arrayKey(shape);
    if (this.#arrays.has(key)) return;
    const { element, length } = shape;
    const entity: ArrayEntity = { kind: "array", wanted: "", rank: NameRank.INNER, identifier: "", element, length };
    this.#arrays.set(key, entity);
    this.#register(entity);
  }

  #register(entity: TypeEntity): void {
    this.#indices.set(entity, this.entities.length);
    this.entities.push(entity);
  }

  /** Equal for types that have the same codec. */
  #key(shape: TypeShape): string {
    const entity = this.#entityOf(shape);
    if (entity !== undefined) return `#${this.#indices.get(entity)}`;
    switch (shape.kind) {
      case "array":
        return this.#arrayKey(shape);
      case "int":
      case "enum":
        return `int ${shape.size} ${shape.signed}`;
      default:
        return `${shape.kind} ${shape.size} ${shape.align}`;
    }
  }

  #arrayKey({ element, length }: ArrayShape): string {
    return `${this.#key(element)}[${length}]`;
  }

  #entityOf(shape: TypeShape): TypeEntity | undefined {
    const alias = this.aliasOf(shape.typeId);
    if (alias !== undefined) return alias;
    if (shape.kind === "struct" || shape.kind === "union") return this.compositeOf(shape);
    return shape.kind === "enum" ? this.enumOf(shape) : undefined;
  }

  /** The word for an element in the name of its array. */
  #elementName(shape: TypeShape): string {
    const entity = this.#entityOf(shape);
    if (entity !== undefined) return entity.identifier;
    switch (shape.kind) {
      case "array":
        return this.arrayOf(shape)?.identifier ?? "array";
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

  #warn(where: string, reason: string): void {
    this.#warnings.add(`${where}: ${reason}; it is bytes`);
  }
}

/** A codec for each anonymous member of a union, and for each anonymous union of a struct. */
function addInner(entity: CompositeEntity, shape: CompositeShape): void {
  for (const member of shape.members) {
    if (!isAnonymous(member)) continue;
    addInner(entity, member.shape);
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
