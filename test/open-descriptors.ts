import { readdirSync, readlinkSync } from "node:fs";

/**
 * The kernel objects of BPF that this process has open, sorted: `["anon_inode:bpf-map", "anon_inode:btf"]`. Other descriptors come and
 * go with Node's own work.
 */
export function openKernelObjects(): readonly string[] {
  return readdirSync("/proc/self/fd")
    .map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return ""; // the descriptor of the directory itself
      }
    })
    .filter((target) => /^anon_inode:\[?(?:bpf|btf|perf)/.test(target))
    .sort();
}
