import { BpfError, quoteName } from "bpf-loader/errors";
import type { KernelTypes } from "../config.ts";
import { findTypes } from "./find-type.ts";
import type { TypeTable } from "./type-table.ts";

/**
 * Adds the members of the kernel's types that were asked for.
 *
 * @param table of the kernel's types
 * @throws BpfError `ERR_BPF_NOT_FOUND` for a type or member that the kernel does not have, `ERR_BPF_INVALID_ARGUMENT` for one that is
 * asked for twice or without members.
 */
export function addKernelTypes(table: TypeTable, wanted: readonly KernelTypes[]): void {
  const seen = new Set<number>();
  for (const { type, fields } of wanted) {
    const problem = (text: string): BpfError =>
      new BpfError("ERR_BPF_INVALID_ARGUMENT", `the kernel's type ${quoteName(type)} ${text}`);
    if (fields.length === 0) throw problem("is asked for without a member");
    const typeId = findTypes(table.btf, type, "the kernel's BTF").find((id) => {
      const { kind } = table.btf.resolve(id);
      return kind === "struct" || kind === "union";
    });
    if (typeId === undefined) throw problem("is no struct");
    if (seen.has(typeId)) throw problem("is asked for twice");
    seen.add(typeId);
    table.addPart(typeId, fields);
  }
}
