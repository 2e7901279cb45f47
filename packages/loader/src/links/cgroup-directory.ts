import { constants } from "node:fs";
import { BpfError, quoteName } from "../errors/index.ts";
import { type FileDescriptor, openPath } from "../sys/index.ts";
import { isText, type OptionRule, required } from "./link-kind.ts";
import { fileSystemType, mounts } from "./mounts.ts";

/** CGROUP2_SUPER_MAGIC of include/uapi/linux/magic.h. */
const CGROUP2_SUPER_MAGIC = 0x63677270;

/** The option by which all kinds on cgroups are told where to attach. */
export const cgroupRule: OptionRule = required("string", isText);

/**
 * Opens a directory of a version 2 cgroup hierarchy.
 *
 * @throws BpfError ERR_BPF_NOT_FOUND when it does not exist, ERR_BPF_INVALID_ARGUMENT when it is no such directory.
 */
export function openCgroup(path: string): FileDescriptor {
  const directory = openPath(path, constants.O_RDONLY | constants.O_DIRECTORY, "cgroup");
  if (fileSystemType(path) === CGROUP2_SUPER_MAGIC) return directory;
  directory.close();
  const root = mounts().find(({ type }) => type === "cgroup2")?.path;
  throw new BpfError(
    "ERR_BPF_INVALID_ARGUMENT",
    `${quoteName(path)} is not in a cgroup hierarchy of version 2, which programs are attached to; ` +
      (root === undefined
        ? "none is mounted: mount -t cgroup2 none /sys/fs/cgroup"
        : `one is mounted at ${quoteName(root)}`),
  );
}
