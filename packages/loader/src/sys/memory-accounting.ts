import { Command, ProgramType } from "../uapi/index.ts";
import { addon } from "./addon.ts";
import { programLoad } from "./attributes/index.ts";
import { encode } from "./layout.ts";

/** call bpf_ktime_get_coarse_ns; exit. The second register of a call is 0, so that the bytes of opcode and registers have no order. */
const insns = new Uint8Array(16);
insns[0] = 0x85;
new Int32Array(insns.buffer, 4, 1)[0] = 160;
insns[8] = 0x95;

/**
 * Whether the kernel counts the memory of maps and programs against the process's limit of locked memory, as it did before Linux
 * 5.11. No interface tells; a helper that came with the same release does, as libbpf finds it out as well.
 */
export function countsLockedMemory(): boolean {
  const values = { progType: ProgramType.SOCKET_FILTER, insns, insnCnt: 2, license: "GPL" };
  const { bytes, pointers } = encode(programLoad, values);
  const fd = addon().bpf(Command.PROG_LOAD, bytes, pointers);
  if (fd < 0) return true;
  addon().close(fd);
  return false;
}
