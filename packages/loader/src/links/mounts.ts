import { readFileSync, statfsSync } from "node:fs";

/** One file system that is mounted where this process can see it. */
export interface Mount {
  readonly path: string;
  /** `"cgroup2"`, `"tracefs"` … */
  readonly type: string;
}

/** All mounts of this process's mount namespace, in the order in which they were made; none when /proc is missing. */
export function mounts(): readonly Mount[] {
  return parseMounts(readText("/proc/self/mounts") ?? "");
}

/** Number of the file system's type that a path is in (statfs(2)); `undefined` when nothing is there, or it can't be read. */
export function fileSystemType(path: string): number | undefined {
  try {
    return statfsSync(path).type;
  } catch {
    return undefined;
  }
}

/** Reads the format of /proc/self/mounts (fstab(5)): device, path, type, options; blanks in them as octal escapes. */
export function parseMounts(text: string): readonly Mount[] {
  const result: Mount[] = [];
  for (const line of text.split("\n")) {
    const [, path, type] = line.split(" ");
    if (path === undefined || type === undefined) continue;
    result.push({ path: unescapeOctal(path), type });
  }
  return result;
}

/** The bytes of a path are UTF-8, escaped one by one. */
function unescapeOctal(text: string): string {
  return text.replace(/(?:\\[0-7]{3})+/g, (escapes) =>
    Buffer.from(
      escapes
        .slice(1)
        .split("\\")
        .map((digits) => Number.parseInt(digits, 8)),
    ).toString("utf8"),
  );
}

/** A file's text; undefined when it can't be read, for whatever reason. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
