import type { Btf, BtfDataSection, TypeId } from "../btf/index.ts";

/** What BTF says about an object's variables, which are in it by section. */
export interface DescribedSections {
  /** By name of the section; the first of each name. */
  readonly sections: ReadonlyMap<string, BtfDataSection>;
  /** Declaration tags (`__attribute__((btf_decl_tag("…")))`) by the type or variable that they are on as a whole. */
  readonly tags: ReadonlyMap<TypeId, readonly string[]>;
}

const WHOLE_TYPE = -1;

export function describeSections(btf: Btf | undefined): DescribedSections {
  const sections = new Map<string, BtfDataSection>();
  const tags = new Map<TypeId, string[]>();
  if (btf === undefined) return { sections, tags };
  for (const id of btf.ofKinds("dataSection", "declTag")) {
    const type = btf.type(id);
    if (type.kind === "dataSection" && !sections.has(type.name)) sections.set(type.name, type);
    if (type.kind !== "declTag" || type.componentIndex !== WHOLE_TYPE) continue;
    const known = tags.get(type.typeId);
    if (known === undefined) tags.set(type.typeId, [type.name]);
    else known.push(type.name);
  }
  return { sections, tags };
}
