import { addElement, enumeratorOf, isEnumValueKind, isFieldKind, LONGEST_PATH, mayHaveElement } from "./core-access.ts";
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
  const wanted = essentialName(enumeratorOf(local).name);
  const index = type.values.findIndex(({ name }) => essentialName(name) === wanted);
  if (index === -1) return false;
  spec.accessors.push({ typeId: type.id, index, nameOffset: 0 });
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
    let typeId = btf.resolveId(this.#spec.rootId);
    const { accessors } = this.#local;
    // An index and no iterator: most programs that load are over before this is compiled.
    for (let position = 0; position < accessors.length; position++) {
      const accessor = accessors[position];
      if (accessor === undefined) break;
      if (accessor.nameOffset !== 0) {
        const found = this.#findMember(accessor, this.#local.btf.stringBytes(accessor.nameOffset), typeId);
        if (found === "absent" || found === "incompatible") return false;
        typeId = btf.resolveId(found);
        continue;
      }
      if (position > 0) {
        const type = btf.type(typeId);
        if (type.kind !== "array" || !mayHaveElement(this.#spec, type, accessor.index)) return false;
        typeId = type.elementTypeId;
      }
      this.#checkLength();
      typeId = addElement(this.#spec, typeId, accessor.index);
    }
    return true;
  }

  /**
   * Looks for a member by name, also in anonymous structs and unions, and returns its type. The first of that name decides:
   * names are unique in C, so that there is no other if its type does not fit.
   */
  #findMember(wanted: Accessor, name: Uint8Array, compositeId: TypeId): TypeId | "absent" | "incompatible" {
    const spec = this.#spec;
    const members = spec.btf.members(compositeId);
    if (members === undefined) return "absent";
    // Where it is in the object's type is where it often is in the kernel's.
    let index = members.isNamed(wanted.index, name) ? wanted.index : members.nextNamed(name, 0);
    for (; index < members.count; index = members.nextNamed(name, index + 1)) {
      const nameOffset = members.nameOffset(index);
      this.#limit.step();
      this.#checkLength();
      const typeId = members.typeId(index);
      spec.bitOffset += members.bitOffset(index);
      spec.path.push(index);
      if (nameOffset !== 0) {
        if (!areFieldsCompatible(this.#typeOf(wanted), { btf: spec.btf, id: typeId }, this.#limit)) {
          return "incompatible";
        }
        spec.accessors.push({ typeId: compositeId, index, nameOffset });
        return typeId;
      }
      const found = this.#findMember(wanted, name, spec.btf.resolveId(typeId));
      if (found !== "absent") return found;
      spec.bitOffset -= members.bitOffset(index);
      spec.path.pop();
    }
    return "absent";
  }

  #typeOf({ typeId, index }: Accessor): TypeIn {
    const { btf } = this.#local;
    return { btf, id: btf.members(typeId)?.typeId(index) ?? 0 };
  }

  #checkLength(): void {
    if (this.#spec.path.length === LONGEST_PATH) throw coreError("the kernel's type nests too deep");
  }
}
