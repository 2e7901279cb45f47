import { shapeOf } from "bpf-loader/codec";
import type { TypeShape } from "bpf-loader/codec";
import { quoteName } from "bpf-loader/errors";
import type { MapSpec, StructOps } from "bpf-loader/spec";
import { MapFlag } from "bpf-loader/uapi";
import { memberIdentifier } from "./identifier.ts";
import { NameScope } from "./name-scope.ts";
import type { StructOpsModel, StructOpsValueModel } from "./object-model.ts";
import { reservedAsProperty } from "./reserved.ts";
import { shownValue } from "./shown-value.ts";
import { valueModel } from "./type-models.ts";
import type { TypeUses } from "./type-uses.ts";

/** Adds the types of a structure's members to the table; its model can be made when these have names. */
export function structOpsModel(uses: TypeUses, { name, flags }: MapSpec, structOps: StructOps): () => StructOpsModel {
  const { table } = uses;
  const { btf } = table;
  const { typeId, content, functions } = structOps;
  const struct = btf.resolve(typeId);
  const members = struct.kind === "struct" ? struct.members : [];
  const properties = new NameScope(reservedAsProperty).takeAll(
    members.map((member) => member.name),
    memberIdentifier,
  );
  const programs: StructOpsModel["programs"][number][] = [];
  const makers: (() => StructOpsValueModel)[] = [];
  for (const [index, member] of members.entries()) {
    const property = properties[index] ?? "";
    const offset = member.bitOffset / 8;
    const base = { property, cName: member.name, declaration: btf.declaration(member.typeId, member.name) };
    const program = functions.find((candidate) => candidate.offset === offset)?.name;
    if (program !== undefined) {
      programs.push({ ...base, program });
      continue;
    }
    if (member.bitSize !== 0 || member.name === "" || !isPlain(shapeOf(btf, member.typeId))) continue;
    const where = (): string => `member ${quoteName(member.name)} of structure ${quoteName(name)}`;
    const rule = table.rules.ofPlace(`${struct.name}.${member.name}`);
    const shape = uses.add(member.typeId, `${name}_${member.name}`, where, rule);
    makers.push(() => ({
      ...base,
      offset,
      initial: shownValue(btf, member.typeId, content, offset),
      value: valueModel(table, shape, rule),
    }));
  }
  return () => ({
    declaration: btf.declaration(typeId, name),
    sectionName: (flags & MapFlag.LINK) === 0 ? ".struct_ops" : ".struct_ops.link",
    programs,
    values: makers.map((make) => make()),
  });
}

/** Pointers are the kernel's to set, and so is what may have some in it. */
function isPlain(shape: TypeShape): boolean {
  switch (shape.kind) {
    case "array":
      return isPlain(shape.element);
    case "pointer":
    case "struct":
    case "union":
    case "opaque":
      return false;
    default:
      return true;
  }
}
