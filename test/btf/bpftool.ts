import { spawnSync } from "node:child_process";
import type { BtfType } from "../../packages/loader/src/btf/index.ts";

/** What `bpftool btf dump -j` prints of a type; which fields there are depends on the kind. */
export interface BpftoolType {
  readonly id: number;
  readonly kind: string;
  readonly name: string;
  readonly size?: number;
  readonly bits_offset?: number;
  readonly nr_bits?: number;
  readonly encoding?: string;
  readonly type_id?: number;
  readonly index_type_id?: number;
  readonly nr_elems?: number;
  readonly fwd_kind?: string;
  readonly ret_type_id?: number;
  readonly linkage?: string;
  readonly component_idx?: number;
  readonly members?: readonly {
    readonly name: string;
    readonly type_id: number;
    readonly bits_offset: number;
    readonly bitfield_size?: number;
  }[];
  readonly values?: readonly { readonly name: string; readonly val: number }[];
  readonly params?: readonly { readonly name: string; readonly type_id: number }[];
  readonly vars?: readonly { readonly type_id: number; readonly offset: number; readonly size: number }[];
}

/** The types that bpftool finds in a file; `undefined` when bpftool is not installed. */
export function bpftoolTypes(path: string): readonly BpftoolType[] | undefined {
  const command = process.env["BPFTOOL"] || "bpftool";
  const run = spawnSync(command, ["btf", "dump", "-j", "file", path], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (run.error !== undefined || run.status !== 0) return undefined;
  // bpftool's own format
  return (JSON.parse(run.stdout) as { readonly types: readonly BpftoolType[] }).types;
}

export const whyNoBpftool = "bpftool is not installed, or not the one that $BPFTOOL names";

const shownName = (name: string): string => (name === "" ? "(anon)" : name);

/** A type as `bpftool btf dump -j` prints it, but for counts, which are those of the lists. */
export function asBpftool(type: BtfType): BpftoolType {
  const { id } = type;
  const name = shownName(type.name);
  switch (type.kind) {
    case "int": {
      const encodings = [type.signed ? "SIGNED" : "", type.char ? "CHAR" : "", type.bool ? "BOOL" : ""].filter(Boolean);
      return {
        id,
        kind: "INT",
        name,
        size: type.size,
        bits_offset: type.bitOffset,
        nr_bits: type.bits,
        encoding: encodings.join(" ") || "(none)",
      };
    }
    case "pointer":
      return { id, kind: "PTR", name, type_id: type.typeId };
    case "array":
      return {
        id,
        kind: "ARRAY",
        name,
        type_id: type.elementTypeId,
        index_type_id: type.indexTypeId,
        nr_elems: type.length,
      };
    case "struct":
    case "union":
      return {
        id,
        kind: type.kind.toUpperCase(),
        name,
        size: type.size,
        members: type.members.map((member) => ({
          name: shownName(member.name),
          type_id: member.typeId,
          bits_offset: member.bitOffset,
          ...(member.bitSize === 0 ? {} : { bitfield_size: member.bitSize }),
        })),
      };
    case "enum":
    case "enum64":
      return {
        id,
        kind: type.kind.toUpperCase(),
        name,
        encoding: type.signed ? "SIGNED" : "UNSIGNED",
        size: type.size,
        values: type.values.map((value) => ({ name: shownName(value.name), val: Number(value.value) })),
      };
    case "forward":
      return { id, kind: "FWD", name, fwd_kind: type.union ? "union" : "struct" };
    case "typedef":
    case "volatile":
    case "const":
    case "restrict":
      return { id, kind: type.kind.toUpperCase(), name, type_id: type.typeId };
    case "typeTag":
      return { id, kind: "TYPE_TAG", name, type_id: type.typeId };
    case "function":
      return { id, kind: "FUNC", name, type_id: type.typeId, linkage: type.linkage };
    case "functionPrototype":
      return {
        id,
        kind: "FUNC_PROTO",
        name,
        ret_type_id: type.returnTypeId,
        params: type.parameters.map((parameter) => ({ name: shownName(parameter.name), type_id: parameter.typeId })),
      };
    case "variable":
      return { id, kind: "VAR", name, type_id: type.typeId, linkage: type.linkage };
    case "dataSection":
      return {
        id,
        kind: "DATASEC",
        name,
        size: type.size,
        vars: type.entries.map(({ typeId, offset, size }) => ({ type_id: typeId, offset, size })),
      };
    case "float":
      return { id, kind: "FLOAT", name, size: type.size };
    case "declTag":
      return { id, kind: "DECL_TAG", name, type_id: type.typeId, component_idx: type.componentIndex };
    default:
      throw new Error(`bpftool does not print ${type.kind}`);
  }
}
