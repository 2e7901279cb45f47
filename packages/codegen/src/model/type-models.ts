import { fieldsOf, gapsOf, isAnonymous, shapeOf } from "bpf-loader/codec";
import type { CompositeShape, MemberShape, TypeShape } from "bpf-loader/codec";
import { memberIdentifier } from "./identifier.ts";
import { NameScope } from "./name-scope.ts";
import type {
  BrandModel,
  CompositeModel,
  EnumModel,
  FieldModel,
  TaggedCaseModel,
  TaggedModel,
  TypeModel,
  UnionMemberModel,
  ValueModel,
  WriteStep,
} from "./object-model.ts";
import { reservedAsProperty } from "./reserved.ts";
import type { AliasEntity, CompositeEntity, EnumEntity, TaggedEntity, TypeEntity } from "./type-entity.ts";
import type { TypeTable } from "./type-table.ts";
import { knownValues, valueAs } from "./value-kinds.ts";
import type { Rule } from "./value-rules.ts";

/**
 * Models of every type of a table whose names are given out, each after those that it contains.
 *
 * @param declared brands that are there already
 */
export function typeModels(table: TypeTable, declared: ReadonlyMap<string, unknown> = new Map()): TypeModel[] {
  return [...brandModels(table, declared), ...table.entities.flatMap((entity) => modelsOf(table, entity))];
}

/** Brands that the runtime does not have. */
function brandModels({ valueNames }: TypeTable, declared: ReadonlyMap<string, unknown>): BrandModel[] {
  const own = [...valueNames].filter(([identifier]) => !knownValues.has(identifier) && !declared.has(identifier));
  return own
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([identifier, base]): BrandModel => ({ kind: "brand", identifier, base }));
}

function modelsOf(table: TypeTable, entity: TypeEntity): TypeModel[] {
  switch (entity.kind) {
    case "composite":
      return compositeModels(table, entity);
    case "enum":
      return [enumModel(entity)];
    case "alias": {
      const { identifier, typedef, target } = entity;
      const shape = shapeOf(table.btf, target);
      return [
        {
          kind: "alias",
          identifier,
          declaration: `typedef ${table.btf.declaration(target, typedef)}`,
          size: shape.size,
          value: valueModel(table, shape),
        },
      ];
    }
    case "tagged":
      return [taggedModel(table, entity)];
    case "array": {
      const { identifier, element, rule, length } = entity;
      return [{ kind: "array", identifier, element: valueModel(table, element, rule), length }];
    }
  }
}

/**
 * How a type is used where it is named: as the member of a struct, as a map's value.
 *
 * @param given the rule for that place
 */
export function valueModel(table: TypeTable, shape: TypeShape, given?: Rule): ValueModel {
  const rule = table.ruleFor(shape, given);
  const alias = rule !== undefined && rule === given ? undefined : table.aliasOf(shape.typeId);
  const ruled = rule === undefined ? undefined : valueAs(shape, rule.as);
  if (ruled !== undefined) return alias === undefined ? ruled : { ...ruled, alias: alias.identifier };
  return plainModel(table, shape, alias, rule);
}

/** @param rule for the elements of an array */
function plainModel(
  table: TypeTable,
  shape: TypeShape,
  alias: AliasEntity | undefined,
  rule: Rule | undefined,
): ValueModel {
  const base = { size: shape.size, ...(alias === undefined ? {} : { alias: alias.identifier }) };
  switch (shape.kind) {
    case "int":
      return { ...base, kind: "int", signed: shape.signed };
    case "enum": {
      const enumeration = table.enumOf(shape)?.identifier;
      const { signed } = shape;
      return enumeration === undefined
        ? { ...base, kind: "int", signed }
        : { ...base, kind: "enum", signed, enumeration };
    }
    case "array": {
      const codec = table.arrayOf(shape, rule)?.identifier;
      if (codec === undefined) break;
      return { ...base, kind: "array", element: valueModel(table, shape.element, rule), length: shape.length, codec };
    }
    case "struct":
    case "union": {
      const composite = table.compositeOf(shape)?.identifier;
      if (composite === undefined) break;
      return { ...base, kind: "composite", composite, ...(table.checked.has(composite) ? { checked: true } : {}) };
    }
    case "bool":
    case "float":
    case "pointer":
    case "string":
      return { ...base, kind: shape.kind };
    default:
      break;
  }
  return { ...base, kind: "bytes", align: shape.align, cName: shape.typeName };
}

function enumModel({ identifier, cName, shape }: EnumEntity): EnumModel {
  const constants = new Map<string, string>();
  for (const { name, value } of shape.values) if (!constants.has(name)) constants.set(name, String(value));
  return {
    kind: "enum",
    identifier,
    cName,
    size: shape.size,
    signed: shape.signed,
    constants: [...constants].map(([name, value]) => ({ name, value })),
  };
}

function taggedModel(table: TypeTable, { identifier, shape, tagging, rules, cName, owner }: TaggedEntity): TaggedModel {
  const { tag, cases } = tagging;
  const scope = new NameScope(reservedAsProperty);
  const tagName = scope.take(memberIdentifier(tag.name));
  const members = [...new Set(cases.map(({ member }) => member))];
  const names = scope.takeAll(
    members.map(({ name }) => name),
    memberIdentifier,
  );
  const models = cases.map(({ value, constant, member }): TaggedCaseModel => {
    const property = names[members.indexOf(member)] ?? "";
    return {
      value: String(value),
      constant,
      property,
      member: valueModel(table, member.shape, rules.get(member.name)),
    };
  });
  if (models.some(({ member }) => canFail(member))) table.checked.add(identifier);
  return {
    kind: "tagged",
    identifier,
    declaration: cName,
    cName: shape.typeName,
    owner,
    size: shape.size,
    align: shape.align,
    tag: tagName,
    bytes: scope.take("bytes"),
    enumeration: tag.shape.kind === "enum" ? table.enumOf(tag.shape)?.identifier : undefined,
    wide: tag.bitfield === undefined ? tag.shape.size === 8 : tag.bitfield.value === "bigint",
    cases: models,
  };
}

/** The struct or union itself, and before it the anonymous members that need a codec of their own. */
function compositeModels(table: TypeTable, entity: CompositeEntity): CompositeModel[] {
  const cNames = entity.fields.map(({ name }) => name);
  const names = new NameScope(reservedAsProperty).takeAll(cNames, memberIdentifier);
  const properties = new Map(cNames.map((name, index) => [name, names[index] ?? ""]));
  const builder = new CompositeBuilder(table, entity, properties);
  const inner = [...entity.inner.values()].map((one) => builder.build(one.identifier, false, one.shape));
  return [...inner, builder.build(entity.identifier, true, entity.shape)];
}

class CompositeBuilder {
  readonly #table: TypeTable;
  readonly #entity: CompositeEntity;
  /** C name → property, the same for the struct and the anonymous members in it. */
  readonly #properties: ReadonlyMap<string, string>;

  constructor(table: TypeTable, entity: CompositeEntity, properties: ReadonlyMap<string, string>) {
    this.#table = table;
    this.#entity = entity;
    this.#properties = properties;
  }

  build(identifier: string, exported: boolean, shape: CompositeShape): CompositeModel {
    const flat = exported ? this.#entity.fields : fieldsOf(shape);
    const fields = new Map(flat.map((field) => [field.name, this.#field(field)]));
    const failing = [...fields.values()].filter(({ value }) => canFail(value));
    if (failing.length > 0) this.#table.checked.add(identifier);
    if (shape.kind === "union") for (const { cName } of failing) this.#table.warnOfUnion(this.#entity.cName, cName);
    return {
      kind: shape.kind,
      identifier,
      exported,
      cName: exported ? this.#entity.cName : `${shape.kind} {...}`,
      ...(this.#entity.isPart ? { partOfKernel: true } : {}),
      size: shape.size,
      align: shape.align,
      fields: [...fields.values()],
      steps: shape.kind === "struct" ? this.#steps(shape, [...fields.keys()]) : [],
      members: shape.kind === "union" ? this.#members(shape, fields) : [],
    };
  }

  #field({ name, offset, shape, bitfield }: MemberShape): FieldModel {
    const tagged = this.#entity.tagged.get(name);
    const declared = tagged?.cName ?? this.#table.btf.declaration(shape.typeId, name);
    return {
      property: this.#property(name),
      cName: name,
      declaration: bitfield === undefined ? declared : `${declared} : ${bitfield.bits}`,
      offset,
      bitfield,
      // A bitfield is read by itself, and is never what its type is made to be.
      value:
        tagged !== undefined
          ? this.#tagged(tagged)
          : bitfield === undefined
            ? valueModel(this.#table, shape, this.#entity.rules.get(name))
            : plainModel(this.#table, shape, this.#table.aliasOf(shape.typeId), undefined),
    };
  }

  #tagged({ identifier, tagging, shape }: TaggedEntity): ValueModel {
    const checked = this.#table.checked.has(identifier) ? ({ checked: true } as const) : {};
    const tag = this.#property(tagging.tag.name);
    return { kind: "tagged", size: shape.size, union: identifier, tag, ...checked };
  }

  #steps(shape: CompositeShape, names: readonly string[]): WriteStep[] {
    const steps: WriteStep[] = [];
    const indices = new Map(names.map((name, index) => [name, index]));
    const visit = (struct: CompositeShape, base: number): void => {
      for (const gap of gapsOf(struct)) steps.push({ kind: "zero", offset: base + gap.offset, length: gap.length });
      for (const member of struct.members) {
        const offset = base + member.offset;
        if (isAnonymous(member)) {
          const codec = this.#entity.inner.get(member.shape)?.identifier;
          const tagged = [...this.#entity.tagged].find(([, { shape }]) => shape === member.shape)?.[0];
          if (tagged !== undefined) steps.push({ kind: "field", offset, field: indices.get(tagged) ?? 0 });
          else if (codec === undefined) visit(member.shape, offset);
          else steps.push({ kind: "union", offset, codec });
          continue;
        }
        const field = indices.get(member.name);
        // C has no two members of one name; of BTF that has, only the first is a property.
        if (field === undefined) steps.push({ kind: "zero", offset, length: member.shape.size });
        else steps.push({ kind: "field", offset, field });
        indices.delete(member.name);
      }
    };
    visit(shape, 0);
    return steps.sort((a, b) => a.offset - b.offset || order(a) - order(b));
  }

  #members(shape: CompositeShape, fields: ReadonlyMap<string, FieldModel>): UnionMemberModel[] {
    return shape.members.flatMap((member): UnionMemberModel[] => {
      if (isAnonymous(member)) {
        const codec = this.#entity.inner.get(member.shape)?.identifier;
        const properties = fieldsOf(member.shape).map(({ name }) => this.#property(name));
        return codec === undefined ? [] : [{ kind: "anonymous", properties, codec }];
      }
      const field = fields.get(member.name);
      return field === undefined ? [] : [{ kind: "field", field }];
    });
  }

  #property(name: string): string {
    return this.#properties.get(name) ?? memberIdentifier(name);
  }
}

/** Whether reading it can fail: where a number may be too large to be one. */
export function canFail(value: ValueModel): boolean {
  switch (value.kind) {
    case "int":
    case "composite":
    case "tagged":
      return value.checked === true;
    case "array":
      return canFail(value.element);
    default:
      return false;
  }
}

/** Zeros first: bitfields are written into them. */
function order(step: WriteStep): number {
  return step.kind === "zero" ? 0 : 1;
}
