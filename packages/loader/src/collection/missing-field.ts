import { isEnumValueKind, isFieldKind, parseAccess } from "../btf/core-access.ts";
import type { Btf, CoreRelocation, TypeId } from "../btf/index.ts";
import { quoteName } from "../errors/index.ts";
import { didYouMean } from "../links/similar-names.ts";

/**
 * What of a relocation the kernel's types don't have, and what they have that looks like it: `this kernel's struct "task_struct" has no
 * "pidd"; did you mean "pid"?`. `undefined` when all of its names are there.
 */
export function describeMissing(local: Btf, kernel: Btf, { typeId, access, kind }: CoreRelocation): string | undefined {
  const root = local.resolve(typeId);
  const name = essentialName(root.name);
  if (root.kind !== "struct" && root.kind !== "union" && root.kind !== "enum" && root.kind !== "enum64")
    return undefined;
  const found = kernel.find(name, root.kind);
  if (found === undefined) return `this kernel has no ${root.kind} ${quoteName(name)}`;
  const spec = parseAccess(local, typeId, access, kind);
  if (isEnumValueKind(kind)) {
    const target = kernel.resolve(found);
    const [enumerator] = spec.accessors;
    if ((target.kind !== "enum" && target.kind !== "enum64") || enumerator === undefined) return undefined;
    if (root.kind !== "enum" && root.kind !== "enum64") return undefined;
    const wanted = essentialName(root.values[enumerator.index]?.name ?? "");
    return lack(
      `${root.kind} ${quoteName(name)}`,
      wanted,
      target.values.map((each) => each.name),
    );
  }
  if (!isFieldKind(kind)) return undefined;
  // The kernel's type in which the next name is looked for.
  let at: TypeId = found;
  for (const { nameOffset } of spec.accessors) {
    if (nameOffset === 0) {
      const type = kernel.resolve(at);
      if (type.kind === "array") at = type.elementTypeId;
      continue;
    }
    const members = namedMembers(kernel, at);
    const wanted = local.string(nameOffset);
    const next = members.get(wanted);
    if (next === undefined) return lack(kernel.typeName(at), wanted, [...members.keys()]);
    at = next;
  }
  return undefined;
}

function lack(type: string, wanted: string, names: readonly string[]): string | undefined {
  if (names.includes(wanted)) return undefined;
  return `this kernel's ${type} has no ${quoteName(wanted)}${didYouMean(wanted, names)}`;
}

/** Those of anonymous structs and unions count as the type's own, as in C. */
function namedMembers(btf: Btf, id: TypeId): ReadonlyMap<string, TypeId> {
  const found = new Map<string, TypeId>();
  const collect = (typeId: TypeId): void => {
    const type = btf.resolve(typeId);
    if (type.kind !== "struct" && type.kind !== "union") return;
    for (const member of type.members) {
      if (member.name === "") collect(member.typeId);
      else found.set(member.name, member.typeId);
    }
  };
  collect(id);
  return found;
}

/** Behind three underscores an object says which of its versions of a type it is. */
function essentialName(name: string): string {
  const flavor = name.indexOf("___");
  return flavor > 0 ? name.slice(0, flavor) : name;
}
