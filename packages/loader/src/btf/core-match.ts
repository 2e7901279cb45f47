import { addElement, isEnumValueKind, isFieldKind, LONGEST_PATH, mayHaveElement } from "./core-access.ts";
import type { AccessSpec, Accessor } from "./core-access.ts";
import { areFieldsCompatible, areTypesCompatible, doTypesMatch } from "./core-compatible.ts";
import type { TypeIn } from "./core-compatible.ts";
import { coreError, StepLimit } from "./core-error.ts";
import { CoreRelocationKind } from "./core-relocation.ts";
import { essentialName } from "./essential-name.ts";
import type { TypeId } from "./types.ts";

/** Finds in a type of the kernel what a relocation is about; `undefined` when the type does not have it. */
export function matchAccess(local: AccessSpec, target: TypeIn, kind: CoreRelocationKind): AccessSpec | undefined {
  const limit = new StepLimit();
  const spec: AccessSpec = { btf: target.btf, rootId: target.id, accessors: [], path: [], bitOffset: 0 };
  if (isFieldKind(kind)) return new FieldSearch(local, spec, limit).run() ? spec : undefined;
  if (isEnumValueKind(kind)) return findEnumerator(local, spec) ? spec : undefined;

  const root: TypeIn = { btf: local.btf, id: local.rootId };
  const found =
    kind === CoreRelocationKind.TYPE_MATCHES
      ? doTypesMatch(root, target, limit)
      : areTypesCompatible(root, target, limit);
  return found ? spec : undefined;
}

function findEnumerator(local: AccessSpec, spec: AccessSpec): boolean {
  const type = spec.btf.resolve(spec.rootId);
  if (type.kind !== "enum" && type.kind !== "enum64") return false;
  const wanted = essentialName(local.accessors[0]?.name ?? "");
  const index = type.values.findIndex(({ name }) => essentialName(name) === wanted);
  if (index === -1) return false;
  spec.accessors.push({ typeId: type.id, index, name: type.values[index]?.name });
  spec.path.push(index);
  return true;
}

/** Walks the object's path to a field through the kernel's types: members by name, elements by index. */
class FieldSearch {
  readonly #local: AccessSpec;
  readonly #spec: AccessSpec;
  readonly #limit: StepLimit;

  constructor(local: AccessSpec, spec: AccessSpec, limit: StepLimit) {
    this.#local = local;
    this.#spec = spec;
    this.#limit = limit;
  }

  run(): boolean {
    const { btf } = this.#spec;
    let typeId = this.#spec.rootId;
    for (const [position, accessor] of this.#local.accessors.entries()) {
      const type = btf.resolve(typeId);
      if (accessor.name !== undefined) {
        const found = this.#findMember(accessor, type.id);
        if (found === "absent" || found === "incompatible") return false;
        typeId = found.typeId;
        continue;
      }
      let elementTypeId = type.id;
      if (position > 0) {
        if (type.kind !== "array" || !mayHaveElement(this.#spec, type, accessor.index)) return false;
        elementTypeId = type.elementTypeId;
      }
      this.#checkLength();
      typeId = addElement(this.#spec, elementTypeId, accessor.index).id;
    }
    return true;
  }

  /**
   * Looks for a member by name, also in anonymous structs and unions. The first of that name decides: names are unique in
   * C, so that there is no other if its type does not fit.
   */
  #findMember(wanted: Accessor, typeId: TypeId): { readonly typeId: TypeId } | "absent" | "incompatible" {
    const spec = this.#spec;
    const type = spec.btf.resolve(typeId);
    if (type.kind !== "struct" && type.kind !== "union") return "absent";
    for (const [index, member] of type.members.entries()) {
      if (member.name !== "" && member.name !== wanted.name) continue;
      this.#limit.step();
      this.#checkLength();
      spec.bitOffset += member.bitOffset;
      spec.path.push(index);
      if (member.name !== "") {
        const target = { btf: spec.btf, id: member.typeId };
        if (!areFieldsCompatible(this.#typeOf(wanted), target, this.#limit)) return "incompatible";
        spec.accessors.push({ typeId: type.id, index, name: member.name });
        return { typeId: member.typeId };
      }
      const found = this.#findMember(wanted, member.typeId);
      if (found !== "absent") return found;
      spec.bitOffset -= member.bitOffset;
      spec.path.pop();
    }
    return "absent";
  }

  #typeOf(accessor: Accessor): TypeIn {
    const { btf } = this.#local;
    const type = btf.type(accessor.typeId);
    const member = type.kind === "struct" || type.kind === "union" ? type.members[accessor.index] : undefined;
    return { btf, id: member?.typeId ?? 0 };
  }

  #checkLength(): void {
    if (this.#spec.path.length === LONGEST_PATH) throw coreError("the kernel's type nests too deep");
  }
}
