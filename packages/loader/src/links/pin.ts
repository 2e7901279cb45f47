import { statfsSync, unlinkSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { BpfError, quoteName } from "../errors/index.ts";
import { Errno, explainSyscall, objectPath, tryBpf } from "../sys/index.ts";
import { Command } from "../uapi/index.ts";
import { mounts } from "./mounts.ts";

/** BPF_FS_MAGIC of include/uapi/linux/magic.h. */
const BPF_FS_MAGIC = 0xcafe4a11;

/**
 * Gives a kernel object a name in a bpf file system: it lives on while the name exists, also without this process.
 *
 * @param object for messages: `link of program "count"`.
 * @returns the absolute path.
 * @throws BpfError ERR_BPF_INVALID_ARGUMENT when the path exists or is not in a bpf file system; ERR_BPF_NOT_FOUND when
 *   its directory does not exist. Since Linux 4.4, links since 5.7.
 */
export function pinDescriptor(fd: number, path: string, object: string): string {
  const absolute = resolve(path);
  const result = tryBpf(Command.OBJ_PIN, objectPath, { pathname: absolute, bpfFd: fd });
  if (result >= 0) return absolute;
  throw explainPin(-result, absolute, object);
}

/** Takes the name away that {@link pinDescriptor} gave; no error when it is gone already. */
export function unpin(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (isMissing(error)) return;
    throw new BpfError("ERR_BPF_INVALID_ARGUMENT", `${quoteName(path)} can't be unpinned: ${String(error)}`, {
      cause: error,
    });
  }
}

function explainPin(errno: number, path: string, object: string): BpfError {
  const where = `${object} can't be pinned at ${quoteName(path)}`;
  const directory = dirname(path);
  if (errno === Errno.EEXIST) {
    return new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `${where}: something of that name exists; remove it or choose another`,
    );
  }
  if (errno === Errno.ENOENT) {
    return new BpfError("ERR_BPF_NOT_FOUND", `${where}: the directory ${quoteName(directory)} does not exist`);
  }
  if (fileSystem(directory) !== BPF_FS_MAGIC) {
    const mounted = mounts().find(({ type }) => type === "bpf");
    const hint =
      mounted === undefined
        ? "none is mounted: mount -t bpf bpf /sys/fs/bpf"
        : `one is mounted at ${quoteName(mounted.path)}`;
    return new BpfError("ERR_BPF_INVALID_ARGUMENT", `${where}: it is not in a bpf file system; ${hint}`);
  }
  return explainSyscall(errno, "BPF_OBJ_PIN", object);
}

function fileSystem(directory: string): number | undefined {
  try {
    return statfsSync(directory).type;
  } catch {
    return undefined;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
