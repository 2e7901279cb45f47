import { Btf } from "../btf/index.ts";
import { btfInfo, objectInfo, readKernelBtf, requireObjectKind, stringFromBytes } from "../sys/index.ts";
import type { FileDescriptor } from "../sys/index.ts";
import { fetchBuffers } from "./object-buffers.ts";
import { idsOf, openById, tryOpenById } from "./object-by-id.ts";
import { Reported } from "./reported.ts";

/** What the kernel tells about a BTF object. What it does not tell is `undefined`. */
export interface BtfInfo {
  /** Its number. */
  readonly id: number;
  /** `"vmlinux"` for the kernel, a module's name, or empty for types that a program brought along. Since Linux 5.11. */
  readonly name: string | undefined;
  /** Bytes. */
  readonly size: number;
  /** Whether it is the kernel's or a module's. Since Linux 5.11. */
  readonly isKernel: boolean | undefined;
}

/** More than the kernel's MODULE_NAME_LEN. */
const MOST_NAME_BYTES = 1024;

/**
 * Asks the kernel about the BTF object behind `fd`. Since Linux 4.18.
 *
 * @param object for messages: `BTF object 12`.
 * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` when it is no BTF object
 */
export function readBtfInfo(fd: number, object: string): BtfInfo {
  requireObjectKind(fd, "btf", object);
  const told = objectInfo(fd, btfInfo, object);
  const reported = new Reported(btfInfo, told);
  const { id, btfSize, nameLen } = told.info;
  const kernelBtf = reported.get("kernelBtf");
  return {
    id,
    // Kernels that know no names refuse room for one.
    name: reported.has("nameLen") ? readName(fd, object, nameLen) : undefined,
    size: btfSize,
    isKernel: kernelBtf === undefined ? undefined : kernelBtf !== 0,
  };
}

function readName(fd: number, object: string, length: number): string {
  const name = new Uint8Array(Math.min(length, MOST_NAME_BYTES) + 1);
  objectInfo(fd, btfInfo, object, { name, nameLen: name.length });
  return stringFromBytes(name);
}

/** The bytes of the BTF object behind `fd`, to be parsed by `Btf`; a module's with the kernel's as base. */
function readBtfBytes(fd: number, object: string): Uint8Array {
  const { buffers } = fetchBuffers(
    fd,
    btfInfo,
    object,
    objectInfo(fd, btfInfo, object),
    ({ btfSize }) => {
      const btf = new Uint8Array(btfSize);
      return { values: { btf, btfSize }, buffers: btf };
    },
    ({ btfSize }, buffer) => btfSize <= buffer.length,
  );
  return buffers;
}

/**
 * The types of a BTF object, by the id that a program's or a map's info names; those of a kernel module on top of the kernel's. Needs
 * CAP_SYS_ADMIN. Since Linux 4.18.
 *
 * @throws BpfError `ERR_BPF_NOT_FOUND` when there is none (any more); MissingCapabilityError
 */
export function btfById(id: number): Btf {
  const descriptor = openById("btf", id);
  try {
    const { name, isKernel } = readBtfInfo(descriptor.value, descriptor.what);
    const bytes = readBtfBytes(descriptor.value, descriptor.what);
    const isModule = isKernel === true && name !== "vmlinux";
    return isModule ? Btf.open(bytes, Btf.open(readKernelBtf())) : Btf.parse(bytes);
  } finally {
    descriptor.close();
  }
}

/**
 * A descriptor of the BTF of a kernel module, which the caller closes; `undefined` when no such module is loaded. Needs
 * CAP_SYS_ADMIN. Since Linux 5.11.
 */
export function openModuleBtf(module: string): FileDescriptor | undefined {
  for (const id of idsOf("btf")) {
    const descriptor = tryOpenById("btf", id);
    if (descriptor === undefined) continue; // it went away between the two calls
    let isWanted = false;
    try {
      const { name, isKernel } = readBtfInfo(descriptor.value, descriptor.what);
      isWanted = isKernel === true && name === module;
      if (isWanted) return descriptor;
    } finally {
      if (!isWanted) descriptor.close();
    }
  }
  return undefined;
}
