import type { TypeShape } from "bpf-loader/codec";
import { memberIdentifier, typeIdentifier } from "./identifier.ts";
import type { NameScope } from "./name-scope.ts";
import { NameRank } from "./type-entity.ts";
import type { ArrayEntity, InnerEntity, NamedEntity } from "./type-entity.ts";
import type { TypeTable } from "./type-table.ts";
import { valueAs } from "./value-kinds.ts";
import type { Rule } from "./value-rules.ts";

/** Gives every type of a table its name in `scope`: all must have been added, since a name depends on all others that want it. */
export function nameTypes(table: TypeTable, scope: NameScope): void {
  const named: NamedEntity[] = [];
  const inner: InnerEntity[] = [];
  const arrays: ArrayEntity[] = [];
  for (const entity of table.entities) {
    if (entity.kind === "composite") inner.push(...entity.inner.values());
    if (entity.kind === "array") arrays.push(entity);
    else named.push(entity);
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
  for (const entity of arrays) {
    const element = elementName(table, entity.element, entity.rule);
    entity.identifier = scope.take(memberIdentifier(`${element}_array_${entity.length}`));
  }
}

/** The word for an element in the name of its array. */
function elementName(table: TypeTable, shape: TypeShape, given: Rule | undefined): string {
  const entity = given === undefined ? table.entityOf(shape) : undefined;
  if (entity?.kind === "alias") return entity.identifier;
  const rule = table.ruleFor(shape, given);
  if (rule !== undefined && valueAs(shape, rule.as) !== undefined) return rule.as;
  if (entity !== undefined) return entity.identifier;
  switch (shape.kind) {
    case "array":
      return table.arrayOf(shape, rule)?.identifier ?? "array";
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

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
