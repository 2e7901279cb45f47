import type { Btf } from "bpf-loader/btf";
import { fieldsOf } from "bpf-loader/codec";
import type { CompositeShape, MemberShape } from "bpf-loader/codec";
import { membersOf } from "./find-type.ts";
import type { TagRules } from "./tag-rules.ts";
import { NameRank } from "./type-entity.ts";
import type { TaggedEntity } from "./type-entity.ts";
import type { ValueRules } from "./value-rules.ts";

/** A union with a tag, as a field of its struct. */
export interface TaggedUnion {
  readonly entity: TaggedEntity;
  readonly union: MemberShape & { readonly shape: CompositeShape };
  readonly isAnonymous: boolean;
}

/**
 * Unions of a struct that have a tag, by the names that their fields have.
 *
 * @param owner the struct's name
 * @param fields of the struct
 */
export function taggedUnions(
  btf: Btf,
  tags: TagRules,
  rules: ValueRules,
  composite: CompositeShape,
  owner: string,
  fields: readonly MemberShape[],
): Map<string, TaggedUnion> {
  const found = new Map<string, TaggedUnion>();
  if (composite.kind !== "struct") return found;
  const visit = (shape: CompositeShape, offset: number): void => {
    // Shapes leave out bitfields without a name, so that only unions have the same numbers.
    const declared = membersOf(btf, shape.compositeId);
    for (const member of shape.members) {
      const inner = member.shape;
      if (inner.kind === "struct" && member.name === "") visit(inner, offset + member.offset);
      if (inner.kind !== "union") continue;
      const index = declared.findIndex(
        ({ name, bitOffset }) => name === member.name && bitOffset === member.offset * 8,
      );
      const union = { ...member, offset: offset + member.offset, shape: inner };
      const tagging = tags.of(owner, union, fields, { id: shape.compositeId, index });
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
        rules: rules.ofMembers(member.name === "" ? owner : `${owner}_${member.name}`, inner),
        cName: btf.declaration(inner.typeId, member.name),
        owner,
      };
      found.set(name, { entity, union: { ...union, name }, isAnonymous: member.name === "" });
    }
  };
  visit(composite, 0);
  return found;
}

/** The fields of a struct where a union that has a tag is one field, also when it is anonymous. */
export function withTagged(
  fields: readonly MemberShape[],
  tagged: ReadonlyMap<string, TaggedUnion>,
): readonly MemberShape[] {
  const anonymous = [...tagged.values()].filter((one) => one.isAnonymous);
  if (anonymous.length === 0) return fields;
  const hidden = new Set(anonymous.flatMap(({ union }) => fieldsOf(union.shape).map(({ name }) => name)));
  const all = [...fields.filter(({ name }) => !hidden.has(name)), ...anonymous.map(({ union }) => union)];
  return all.sort((a, b) => a.offset - b.offset);
}
