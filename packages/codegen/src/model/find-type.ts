import { BpfError, quoteName } from "bpf-loader/errors";
import type { Btf, BtfKind, BtfMember, TypeId } from "bpf-loader/btf";

const nameable: ReadonlySet<BtfKind> = new Set<BtfKind>(["struct", "union", "enum", "enum64", "typedef"]);

/**
 * Every type of that C name: `"event"`, `"struct event"`.
 *
 * @throws BpfError `ERR_BPF_NOT_FOUND` when there is none.
 */
export function findTypes(btf: Btf, name: string, where: string = "the object"): readonly TypeId[] {
  const [, tag, bare = name] = /^(struct|union|enum|typedef)\s+(.*)$/s.exec(name.trim()) ?? [];
  const found = btf.findAll(bare.trim()).filter((id) => {
    const kind = btf.kind(id);
    return tag === undefined ? nameable.has(kind) : kind === tag || (tag === "enum" && kind === "enum64");
  });
  if (found.length === 0 && where !== "the object")
    throw new BpfError("ERR_BPF_NOT_FOUND", `${where} has no type ${quoteName(name)}`);
  if (found.length === 0)
    throw new BpfError(
      "ERR_BPF_NOT_FOUND",
      `the object has no type ${quoteName(name)}; one that nothing uses is not in it, unless a variable refers to it: ` +
        "const struct event *unused __attribute__((unused))",
    );
  return found;
}

/** The type of a ring buffer's records: a struct or union of that name where there is one, else what else there is. */
export function findEventType(btf: Btf, name: string): TypeId {
  const found = findTypes(btf, name);
  const best = found.find((id) => ["struct", "union"].includes(btf.kind(id))) ?? found[0];
  return best ?? 0;
}

/** Members as the BTF has them, also bitfields without a name; none of what is no struct or union. */
export function membersOf(btf: Btf, compositeId: TypeId): readonly BtfMember[] {
  const type = btf.type(compositeId);
  return type.kind === "struct" || type.kind === "union" ? type.members : [];
}
