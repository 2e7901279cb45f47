import { BpfError } from "../errors/index.ts";
import { addon, explainSyscall, pageSize } from "../sys/index.ts";

/** The lowest address that the kernel lets ordinary processes map (/proc/sys/vm/mmap_min_addr): below, null pointers fault. */
const LOWEST_ADDRESS = 0x1_0000n;
/** Above what any process has. */
const HIGHEST_ADDRESS = 1n << 52n;

/**
 * Maps all of an arena: the first mapping's length is the arena's from then on. Nothing that is at the address is ever replaced.
 *
 * @param pages its `maxEntries`
 * @param address where it has to be mapped (`map_extra`); 0 = anywhere
 * @param what for messages: `map "arena"`
 * @throws BpfError
 */
export function mapArenaMemory(fd: number, pages: number, address: bigint, what: string): ArrayBuffer {
  if (address !== 0n && (address < LOWEST_ADDRESS || address >= HIGHEST_ADDRESS)) {
    throw new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `${what}: an arena can't be mapped at address 0x${address.toString(16)}, which its definition asks for (map_extra)`,
    );
  }
  const buffer = addon().map(fd, pages * pageSize(), 0, true, Number(address));
  if (typeof buffer !== "number") return buffer;
  throw explainSyscall(buffer, "mmap", what, {
    hints: {
      EEXIST: `its definition asks for address 0x${address.toString(16)} (map_extra), where this process has something else: the same arena, another load of the object, or a part of Node`,
      EBUSY: "another process has it at an address of its own choice; give it one at its creation",
      EINVAL: "the kernel can't map it at the address that its definition asks for (map_extra)",
      ENOMEM: `there is no room for ${pages} pages of addresses`,
    },
  });
}
