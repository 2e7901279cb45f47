import { Btf } from "../btf/index.ts";
import {
  bpf,
  btfInfo,
  callBpf,
  Errno,
  explainSyscall,
  FileDescriptor,
  getFdById,
  getNextId,
  objectInfo,
  stringFromBytes,
  tryBpf,
} from "../sys/index.ts";
import { Command } from "../uapi/index.ts";

/** The types of a BTF object, by the id that a program's or a map's info names. Since Linux 4.18. */
export function btfById(id: number): Btf {
  const what = `BTF object ${id}`;
  const descriptor = new FileDescriptor(bpf(Command.BTF_GET_FD_BY_ID, getFdById, { id }, what), what);
  try {
    const { btfSize } = objectInfo(descriptor.value, btfInfo, what).info;
    const btf = new Uint8Array(btfSize);
    objectInfo(descriptor.value, btfInfo, what, { btf, btfSize });
    return Btf.parse(btf);
  } finally {
    descriptor.close();
  }
}

/**
 * A descriptor of the BTF of a kernel module, which the caller closes; `undefined` when no such module is loaded. Needs
 * CAP_SYS_ADMIN. Since Linux 5.11.
 */
export function openModuleBtf(module: string): FileDescriptor | undefined {
  const what = `BTF of kernel module ${module}`;
  for (let id = 0; ;) {
    const next = callBpf(Command.BTF_GET_NEXT_ID, getNextId, { startId: id });
    if (next.result === -Errno.ENOENT) return undefined;
    if (next.result < 0) throw explainSyscall(next.result, "BPF_BTF_GET_NEXT_ID", what);
    id = next.attribute.nextId;
    const fd = tryBpf(Command.BTF_GET_FD_BY_ID, getFdById, { id });
    if (fd === -Errno.ENOENT) continue; // it went away between the two calls
    if (fd < 0) throw explainSyscall(fd, "BPF_BTF_GET_FD_BY_ID", what, { capabilities: ["CAP_SYS_ADMIN"] });
    const descriptor = new FileDescriptor(fd, what);
    if (kernelBtfName(descriptor) === module) return descriptor;
    descriptor.close();
  }
}

/** More than the kernel's MODULE_NAME_LEN. */
const NAME_BYTES = 128;

/** The name of a module's BTF, or `"vmlinux"`; `undefined` for what a program brought along. */
function kernelBtfName(descriptor: FileDescriptor): string | undefined {
  const name = new Uint8Array(NAME_BYTES);
  const values = { name, nameLen: name.length };
  const { kernelBtf } = objectInfo(descriptor.value, btfInfo, descriptor.what, values).info;
  return kernelBtf === 0 ? undefined : stringFromBytes(name);
}
