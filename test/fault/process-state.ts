import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/**
 * What could be left behind: descriptors, mappings of kernel objects, names in a bpf file system. Sorted. The types of the kernel are
 * mapped once and stay.
 */
export function processState(pinPath: string): readonly string[] {
  return [...descriptors(), ...mappings(), ...pins(pinPath)].sort();
}

/** What each open descriptor is of. */
function descriptors(): readonly string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return `open ${readlinkSync(`/proc/self/fd/${fd}`)}`;
    } catch {
      return []; // the descriptor of the directory itself
    }
  });
}

function mappings(): readonly string[] {
  return readFileSync("/proc/self/maps", "utf8")
    .split("\n")
    .filter((line) => /anon_inode:/.test(line))
    .map((line) => `mapped ${line.replace(/^.*?(?=anon_inode:)/, "")}`);
}

function pins(path: string): readonly string[] {
  return readdirSync(path, { recursive: true, encoding: "utf8" }).map((name) => `pinned ${join(path, name)}`);
}
