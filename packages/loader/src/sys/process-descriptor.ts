import { BpfError, NotSupportedError } from "../errors/index.ts";
import { addon } from "./addon.ts";
import { Errno } from "./errno.ts";
import { explainSyscall } from "./explain.ts";
import { FileDescriptor } from "./file-descriptor.ts";
import { kernelRelease } from "./kernel.ts";

/**
 * Opens a process by its number (pidfd_open(2), since Linux 5.3), or a thread other than the first of its process (since 6.9).
 *
 * @throws BpfError `ERR_BPF_NOT_FOUND` when there is none of that number, `ERR_BPF_INVALID_ARGUMENT` for what is no number of one
 * @throws NotSupportedError for a thread on an older kernel
 */
export function openProcess(pid: number): FileDescriptor {
  if (!Number.isInteger(pid) || pid <= 0 || pid > 0x7fff_ffff) {
    throw new BpfError("ERR_BPF_INVALID_ARGUMENT", `${String(pid)} is no number of a process`);
  }
  const what = `process ${pid}`;
  let fd = addon().pidfdOpen(pid, false);
  // What the kernel says of a thread that is not the first one: EINVAL before Linux 6.9, then ENOENT.
  if (fd === -Errno.EINVAL || fd === -Errno.ENOENT) {
    fd = addon().pidfdOpen(pid, true);
    if (fd === -Errno.EINVAL) {
      throw new NotSupportedError(
        "pidfd_open(PIDFD_THREAD)",
        "6.9",
        `${pid} is the number of a thread that is not the first of its process; this kernel (${kernelRelease()}) opens such since Linux 6.9`,
      );
    }
  }
  if (fd === -Errno.ESRCH) throw new BpfError("ERR_BPF_NOT_FOUND", `there is no ${what}`);
  if (fd < 0) throw explainSyscall(fd, "pidfd_open", what, { capabilities: [] });
  return new FileDescriptor(fd, what);
}
