import { realpathSync } from "node:fs";
import { BpfError, quoteName } from "../errors/index.ts";
import { readText } from "./mounts.ts";

/** A line of /proc/<pid>/maps (proc_pid_maps(5)) of a file that is mapped executable: start, end, offset, path. */
const executableLine = /^([0-9a-f]+)-([0-9a-f]+) ..x. ([0-9a-f]+) \S+ \d+ +(\/.*)$/gm;

/**
 * The address at which a process has a byte of a file mapped, to run it.
 *
 * @param offset bytes from the start of the file.
 * @throws BpfError ERR_BPF_NOT_FOUND when there is no such process, or it does not have the file mapped there.
 */
export function mappedAddress(pid: number, path: string, offset: number): bigint {
  const text = readText(`/proc/${pid}/maps`);
  if (text === undefined) throw new BpfError("ERR_BPF_NOT_FOUND", `the mappings of process ${pid} can't be read`);
  const wanted = pathInProcess(pid, path);
  for (const [, start = "", end = "", from = "", mapped] of text.matchAll(executableLine)) {
    if (mapped !== wanted) continue;
    const distance = offset - Number.parseInt(from, 16);
    const address = BigInt(`0x${start}`) + BigInt(distance);
    if (distance >= 0 && address < BigInt(`0x${end}`)) return address;
  }
  throw new BpfError("ERR_BPF_NOT_FOUND", `process ${pid} does not run ${quoteName(wanted)}`);
}

/** A file in a container, given by /proc/<pid>/root, has its path in there. */
function pathInProcess(pid: number, path: string): string {
  const root = `/proc/${pid}/root`;
  if (path.startsWith(`${root}/`)) return path.slice(root.length);
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
