// Objects to time the reading of, compiled from C that is made from the running kernel's types: 12 programs with 352 CO-RE
// relocations, as one that ships (types and lines in BTF) and as clang leaves it (debug information too).
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { Btf } from "../../packages/loader/dist/btf/index.js";
import { cache, PeerError, run } from "./peers.mjs";

const KERNEL_TYPES = "/sys/kernel/btf/vmlinux";
const PROGRAMS = 12;
const RELOCATIONS = 352;
/** Raised when what is compiled changes. */
const VERSION = 1;
/** What programs look into: structs with many members, in every kernel. */
const STRUCTS = (
  "task_struct mm_struct inode super_block sock sk_buff net_device file dentry cred signal_struct vm_area_struct page " +
  "module request bio socket pid nsproxy tcp_sock"
).split(" ");

/** @returns paths: `shipped` with BTF only, about 140 KB, and `debug` with DWARF too, about 3.5 MB */
export function coreObjects({ clang = process.env["CLANG"] ?? "clang-19" } = {}) {
  if (!existsSync(KERNEL_TYPES)) throw new PeerError(`the running kernel has no BTF: ${KERNEL_TYPES} is missing`);
  const folder = join(cache, `core-objects-${release()}-${VERSION}`);
  const [shipped, debug] = ["shipped.o", "debug.o"].map((name) => join(folder, name));
  if (existsSync(shipped)) return { shipped, debug };
  mkdirSync(folder, { recursive: true });
  const btf = Btf.parse(new Uint8Array(readFileSync(KERNEL_TYPES)));
  const source = join(folder, "core.c");
  writeFileSync(join(folder, "vmlinux.h"), btf.toC());
  writeFileSync(source, program(btf));
  const flags = ["-target", "bpf", "-mcpu=v3", "-O2", "-g", "-c", source];
  run(clang, [...flags, "-fno-eliminate-unused-debug-types", "-o", debug], folder);
  run(clang, [...flags, "-o", shipped], folder);
  run(clang.replace("clang", "llvm-strip"), ["-g", shipped], folder);
  return { shipped, debug };
}

/** Members of a struct that can be read in one go. */
function readableMembers(btf, name) {
  const id = btf.find(name, "struct");
  if (id === undefined) return [];
  return btf
    .type(id)
    .members.filter(({ name, bitSize, typeId }) => name !== "" && bitSize === 0 && isWord(btf, typeId))
    .map((member) => ({ struct: name, member: member.name }));
}

function isWord(btf, typeId) {
  const type = btf.resolve(typeId);
  return type.kind === "pointer" || ((type.kind === "int" || type.kind === "enum") && type.size <= 8);
}

function program(btf) {
  const members = STRUCTS.flatMap((name) => readableMembers(btf, name)).slice(0, RELOCATIONS);
  if (members.length < RELOCATIONS) throw new PeerError("the kernel's structs have fewer members than expected");
  const share = RELOCATIONS / PROGRAMS;
  const programs = Array.from({ length: PROGRAMS }, (_, index) => {
    const own = members.slice(Math.round(index * share), Math.round((index + 1) * share));
    return `SEC("kprobe/function_${index}")
int program_${index}(void *context)
{
	const void *object = read_argument(context, ${index});
	__u64 sum = 0;

${own.map(({ struct, member }) => `\tsum += READ(object, ${struct}, ${member});`).join("\n")}
	count(${index}, sum);
	return 0;
}
`;
  });
  return `${PREAMBLE}\n${programs.join("\n")}`;
}

const PREAMBLE = `#include "vmlinux.h"

#define SEC(name) __attribute__((section(name), used))
#define __uint(name, value) int (*name)[value]
#define __type(name, value) typeof(value) *name

static long (*probe_read)(void *to, __u32 size, const void *from) = (void *)113;
static void *(*look_up)(void *map, const void *key) = (void *)1;

/* The relocation is for the address of the member. */
#define READ(object, type, field) ({ \\
	typeof(((const struct type *)0)->field) value = 0; \\
	probe_read((void *)&value, sizeof(value), &((const struct type *)(object))->field); \\
	(__u64)value; \\
})

struct {
	__uint(type, 2);
	__uint(max_entries, ${PROGRAMS});
	__type(key, __u32);
	__type(value, __u64);
} sums SEC(".maps");

const volatile __u64 seed = 1;
char LICENSE[] SEC("license") = "GPL";

static __attribute__((always_inline)) const void *read_argument(void *context, int number)
{
	const void *argument = 0;

	probe_read(&argument, sizeof(argument), context + number * 8);
	return argument;
}

static __attribute__((always_inline)) void count(__u32 key, __u64 sum)
{
	__u64 *slot = look_up(&sums, &key);

	if (slot)
		*slot += sum + seed;
}
`;
