import { OBJECT_NAME_LENGTH } from "../uapi/index.ts";

/**
 * A name as the kernel takes it for maps and programs: cut to 15 characters, and what is not `[A-Za-z0-9_.]` replaced by `_`
 * (bpf_obj_name_cpy() in kernel/bpf/syscall.c refuses the rest). `.` is allowed since Linux 5.2, which data sections need anyway.
 */
export function objectName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_.]/g, "_").slice(0, OBJECT_NAME_LENGTH - 1);
}
