/**
 * CPUs that run now.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { BpfError } from "../errors/index.ts";

const ONLINE = "/sys/devices/system/cpu/online";

/**
 * The CPUs that are online now, ascending. One can go or come at any time after.
 *
 * @throws BpfError `ERR_BPF_NOT_SUPPORTED` when sysfs is not mounted
 */
export function onlineCpus(): readonly number[] {
  let list: string;
  try {
    list = readFileSync(ONLINE, "utf8");
  } catch (error) {
    throw new BpfError("ERR_BPF_NOT_SUPPORTED", `the CPUs can't be read from ${ONLINE}; mount sysfs on /sys`, {
      cause: error,
    });
  }
  return parseCpuList(list);
}

/** The numbers of a list like `"0-3,7"` (the kernel's Documentation/admin-guide/cputopology.rst). */
export function parseCpuList(list: string): readonly number[] {
  const cpus: number[] = [];
  for (const range of list.trim().split(",")) {
    const [first, last = first] = range.split("-").map(Number);
    if (first === undefined || last === undefined || range === "") continue;
    for (let cpu = first; cpu <= last; cpu++) cpus.push(cpu);
  }
  return cpus;
}
