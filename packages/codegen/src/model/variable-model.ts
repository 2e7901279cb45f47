import type { Btf } from "bpf-loader/btf";
import type { TypeShape } from "bpf-loader/codec";
import { quoteName } from "bpf-loader/errors";
import type { CollectionSpec, VariableSpec } from "bpf-loader/spec";
import type { ValueModel, VariableModel } from "./object-model.ts";
import { shownValue } from "./shown-value.ts";
import { valueModel } from "./type-models.ts";
import type { TypeUses } from "./type-uses.ts";

/** A variable whose type is in the table; its model can be made when that has a name. */
export interface PendingVariable {
  readonly spec: VariableSpec;
  readonly make: (property: string) => VariableModel;
}

export function variableModel(uses: TypeUses, spec: VariableSpec, collection: CollectionSpec): PendingVariable {
  const { name, sectionName, typeId, size } = spec;
  const { table } = uses;
  const rule = table.rules.ofVariable(name);
  const shape = typeId === 0 ? undefined : uses.add(typeId, name, () => `variable ${quoteName(name)}`, rule);
  if (shape?.kind === "pointer") addPointedTo(uses, shape.target, name);
  const known = shape === undefined || shape.kind === "opaque" || shape.size !== size ? undefined : shape;
  return {
    spec,
    make: (property) => ({
      property,
      cName: name,
      sectionName,
      declaration: shape === undefined ? name : table.btf.declaration(typeId, name),
      // What a pointer is set to, a relocation says.
      initial: known === undefined || known.kind === "pointer" ? undefined : initialValue(table.btf, spec, collection),
      value: known === undefined ? asBytes(shape, size) : valueModel(table, known, rule),
    }),
  };
}

/**
 * `const struct event *unused __attribute__((unused))` is how C says that a type shall be in the object though nothing
 * there uses it; a pointer to what is not const is more likely one into the kernel.
 */
function addPointedTo(uses: TypeUses, target: number, name: string): void {
  const type = uses.table.btf.type(target);
  if (type.kind === "const") uses.addNamed(type.typeId, name);
}

function asBytes(shape: TypeShape | undefined, size: number): ValueModel {
  return { kind: "bytes", size, align: shape?.align ?? 1, cName: shape?.typeName ?? `unsigned char[${size}]` };
}

/** The value that the object gives it, as C would write it; `undefined` for zeros of `.bss` and for what is long. */
function initialValue(btf: Btf, spec: VariableSpec, collection: CollectionSpec): string | undefined {
  const section = collection.maps.get(spec.sectionName)?.section;
  if (section === undefined || section.kind === "bss") return undefined;
  return shownValue(btf, spec.typeId, section.content, spec.offset);
}
