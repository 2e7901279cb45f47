import type { TypeId } from "bpf-loader/btf";
import { fieldsOf, shapeOf } from "bpf-loader/codec";
import type { CompositeShape, MemberShape, TypeShape } from "bpf-loader/codec";
import { BpfError, quoteName } from "bpf-loader/errors";
import type { KernelTypes } from "../config.ts";
import { findTypes } from "./find-type.ts";
import { NameRank } from "./type-entity.ts";
import type { TypeUses } from "./type-uses.ts";
import { placeOf } from "./value-rules.ts";
import type { Rule } from "./value-rules.ts";

/**
 * Adds the members of the kernel's types that were asked for.
 *
 * @param uses of the kernel's types
 * @throws BpfError `ERR_BPF_NOT_FOUND` for a type or member that the kernel does not have, `ERR_BPF_INVALID_ARGUMENT` for one that is
 * asked for twice or without members.
 */
export function addKernelTypes(uses: TypeUses, wanted: readonly KernelTypes[]): void {
  const { btf } = uses.table;
  const seen = new Set<TypeId>();
  for (const { type, fields } of wanted) {
    const problem = (text: string): BpfError =>
      new BpfError("ERR_BPF_INVALID_ARGUMENT", `the kernel's type ${quoteName(type)} ${text}`);
    if (fields.length === 0) throw problem("is asked for without a member");
    const typeId = findTypes(btf, type, "the kernel's BTF").find((id) => {
      const { kind } = btf.resolve(id);
      return kind === "struct" || kind === "union";
    });
    const shape = typeId === undefined ? undefined : shapeOf(btf, typeId);
    if (typeId === undefined || (shape?.kind !== "struct" && shape?.kind !== "union")) throw problem("is no struct");
    if (seen.has(typeId)) throw problem("is asked for twice");
    seen.add(typeId);
    addPart(uses, shape, shape.name === "" ? btf.type(typeId).name : shape.name, fields);
  }
}

/** Adds a struct with some of its members only, as they are called in it: `"pid"`, `"se.vruntime"`. */
function addPart(uses: TypeUses, shape: CompositeShape, wanted: string, paths: readonly string[]): void {
  const { table } = uses;
  const cName = shape.name === "" ? wanted : `${shape.kind} ${shape.name}`;
  const members = [...new Set(paths)].map((path) => memberAt(shape, path));
  const rules = new Map<string, Rule>();
  for (const { name, shape: inner, bitfield } of members) {
    const rule = bitfield === undefined ? table.rules.ofPlace(placeOf(`${wanted}.${name}`)) : undefined;
    if (rule !== undefined) rules.set(name, rule);
    const where = (): string => `${quoteName(cName)}, member ${quoteName(name)}`;
    uses.add(inner.typeId, `${wanted}_${name.replaceAll(".", "_")}`, where, rule);
  }
  members.sort((a, b) => a.offset - b.offset);
  table.add({
    kind: "composite",
    wanted,
    rank: NameRank.TAG,
    identifier: "",
    shape: { ...shape, kind: "struct", members },
    cName,
    isPart: true,
    fields: members,
    rules,
    tagged: new Map(),
    inner: new Map(),
  });
}

/** A member of a struct, or of one in it, with its place in the outermost. */
function memberAt(composite: CompositeShape, path: string): MemberShape {
  let shape: TypeShape = composite;
  let offset = 0;
  let found: MemberShape | undefined;
  for (const step of path.split(".")) {
    const members: readonly MemberShape[] = shape.kind === "struct" || shape.kind === "union" ? fieldsOf(shape) : [];
    found = members.find(({ name }) => name === step);
    if (found === undefined)
      throw new BpfError("ERR_BPF_NOT_FOUND", `${quoteName(shape.typeName)} has no member ${quoteName(step)}`);
    offset += found.offset;
    shape = found.shape;
  }
  if (found === undefined) throw new BpfError("ERR_BPF_NOT_FOUND", "a member without a name can't be chosen");
  return { ...found, name: path, offset };
}
