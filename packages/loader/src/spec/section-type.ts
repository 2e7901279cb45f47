import type { Btf, BtfDataSection, TypeId } from "../btf/index.ts";

/** The data section of that name in BTF. */
export function sectionType(btf: Btf, name: string): BtfDataSection | undefined {
  const id = btf.find(name, "dataSection");
  if (id === undefined) return undefined;
  const type = btf.type(id);
  return type.kind === "dataSection" ? type : undefined;
}

const WHOLE_TYPE = -1;

/** Declaration tags (`__attribute__((btf_decl_tag("…")))`) by the type or variable that they are on. */
export function declTags(btf: Btf): ReadonlyMap<TypeId, readonly string[]> {
  const tags = new Map<TypeId, string[]>();
  for (let id = 1; id < btf.typeCount; id++) {
    if (btf.kind(id) !== "declTag") continue;
    const tag = btf.type(id);
    if (tag.kind !== "declTag" || tag.componentIndex !== WHOLE_TYPE) continue;
    const known = tags.get(tag.typeId);
    if (known === undefined) tags.set(tag.typeId, [tag.name]);
    else known.push(tag.name);
  }
  return tags;
}
