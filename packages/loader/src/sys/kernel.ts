/**
 * Facts about the running kernel.
 *
 * @module
 */
import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { release, version } from "node:os";
import { ElfFile } from "../elf/index.ts";
import { BpfError, NotSupportedError } from "../errors/index.ts";
import { addon } from "./addon.ts";
import { Errno, errnoName } from "./errno.ts";

/** Release of the running kernel: `"6.18.44-generic"`. */
export function kernelRelease(): string {
  return release();
}

/** Whether the running kernel calls itself at least `since`, `"5.11"`. For messages; features are probed. */
export function kernelIsAtLeast(since: string): boolean {
  const [major = 0, minor = 0] = numbersOf(kernelRelease());
  const [wantedMajor = 0, wantedMinor = 0] = numbersOf(since);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

function numbersOf(text: string): number[] {
  return (
    /^(\d+)\.(\d+)(?:\.(\d+))?/
      .exec(text)
      ?.slice(1)
      .map((part) => Number(part ?? 0)) ?? []
  );
}

/**
 * The version as `LINUX_VERSION_CODE` has it, for kprobes before Linux 5.0. Ubuntu and Debian compile another one in than the
 * release says: see /proc/version_signature and uname(2)'s version.
 */
export function kernelVersionCode(): number {
  const ubuntu = /^Ubuntu \S+ (\d+\.\d+\.\d+)/.exec(tryRead("/proc/version_signature")?.toString() ?? "")?.[1];
  const debian = /Debian (\d+\.\d+\.\d+)/.exec(version())?.[1];
  const [major = 0, minor = 0, patch = 0] = numbersOf(ubuntu ?? debian ?? kernelRelease());
  return major * 65_536 + minor * 256 + Math.min(patch, 255);
}

/** How many CPUs the kernel could ever use: the number of values in an entry of a per-CPU map. */
export function possibleCpus(): number {
  const count = addon().possibleCpus();
  if (count > 0) return count;
  throw new BpfError(
    "ERR_BPF_NOT_SUPPORTED",
    `the number of possible CPUs can't be read from /sys/devices/system/cpu/possible (${errnoName(count)})` +
      (count === -Errno.ENOENT ? "; mount sysfs on /sys" : ""),
  );
}

/** Bytes of a page. */
export function pageSize(): number {
  return addon().pageSize();
}

const KERNEL_BTF = "/sys/kernel/btf/vmlinux";

/** Where distributions put the kernel's image with its BTF, before it was in sysfs. As libbpf has them. */
const imagePaths = (name: string): readonly string[] => [
  `/boot/vmlinux-${name}`,
  `/lib/modules/${name}/vmlinux-${name}`,
  `/lib/modules/${name}/build/vmlinux`,
  `/usr/lib/modules/${name}/kernel/vmlinux`,
  `/usr/lib/debug/boot/vmlinux-${name}`,
  `/usr/lib/debug/boot/vmlinux-${name}.debug`,
  `/usr/lib/debug/lib/modules/${name}/vmlinux`,
];

/**
 * The running kernel's BTF: several MiB, mapped or read anew at each call. It must not be written to: where it is mapped, that
 * ends the process.
 *
 * @throws NotSupportedError when the kernel was built without, and no image of it with BTF lies about. Since Linux 5.4.
 */
export function readKernelBtf(): Uint8Array {
  const blob = tryMap(KERNEL_BTF) ?? tryRead(KERNEL_BTF);
  if (blob !== undefined) return blob;
  for (const path of imagePaths(kernelRelease())) {
    const image = tryRead(path);
    const section = image === undefined ? undefined : ElfFile.parse(image, { machine: "any" }).section(".BTF");
    if (section !== undefined) return section.data;
  }
  throw new NotSupportedError(
    "BTF of the running kernel",
    "5.4",
    `the running kernel (${kernelRelease()}) offers no BTF: ${KERNEL_BTF} can't be read, and there is no image of it with BTF ` +
      `in /boot or /usr/lib/debug; use a kernel built with CONFIG_DEBUG_INFO_BTF=y; where it is for CO-RE alone, the option kernelTypes gives the types`,
  );
}

/** Maps a file of /sys. Since Linux 6.16; reading takes a system call for each page. */
function tryMap(path: string): Uint8Array | undefined {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch {
    return undefined;
  }
  try {
    const { size } = fstatSync(fd);
    const length = Math.ceil(size / pageSize()) * pageSize();
    const memory = length === 0 ? undefined : addon().map(fd, length, 0, false);
    return typeof memory === "object" ? new Uint8Array(memory, 0, size) : undefined;
  } finally {
    closeSync(fd);
  }
}

function tryRead(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
