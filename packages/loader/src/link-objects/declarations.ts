import type { Btf, BtfDataSection, TypeId } from "../btf/index.ts";

/** Where clang lists variables that some other object has. Nothing reads it once they are linked. */
export const EXTERN_SECTION = ".extern";

/** What BTF says of a function or variable that other objects can refer to. */
export interface Declaration {
  /** A function or variable. */
  readonly typeId: TypeId;
  /** Name of the data section that lists it; `undefined` for functions, and for what is somewhere else. */
  readonly sectionName: string | undefined;
}

/** Functions and variables that aren't static, by name. */
export function readDeclarations(btf: Btf): ReadonlyMap<string, Declaration> {
  const declarations = new Map<string, Declaration>();
  for (let id = 1; id < btf.typeCount; id++) {
    const name = nonStaticName(btf, id);
    if (name !== undefined && !declarations.has(name)) declarations.set(name, { typeId: id, sectionName: undefined });
  }
  for (const section of dataSections(btf)) {
    if (section.name === EXTERN_SECTION) continue;
    for (const { typeId } of section.entries) {
      const name = nonStaticName(btf, typeId);
      if (name !== undefined) declarations.set(name, { typeId, sectionName: section.name });
    }
  }
  return declarations;
}

export function dataSections(btf: Btf): readonly BtfDataSection[] {
  const sections: BtfDataSection[] = [];
  for (let id = 1; id < btf.typeCount; id++) {
    if (btf.kind(id) !== "dataSection") continue;
    const section = btf.type(id);
    if (section.kind === "dataSection") sections.push(section);
  }
  return sections;
}

/** The name of a function or variable that other objects can refer to; `undefined` for all other types. */
export function nonStaticName(btf: Btf, id: TypeId): string | undefined {
  const kind = btf.kind(id);
  if (kind !== "function" && kind !== "variable") return undefined;
  const type = btf.type(id);
  return (type.kind === "function" || type.kind === "variable") && type.linkage !== "static" ? type.name : undefined;
}
