import { BpfError, quoteName } from "../errors/index.ts";
import { describeProgram, sectionPrefix } from "./attachable-program.ts";
import { existingFunctions, kernelFunctionNames } from "./kernel-functions.ts";
import { attachKprobe } from "./kprobe.ts";
import { cookieRule, isText, type LinkKind, optional, optionError } from "./link-kind.ts";
import { probeDevice } from "./probe-device.ts";
import { didYouMean } from "./similar-names.ts";

/** Options of `ksyscall` and `kretsyscall` programs. */
export interface KsyscallOptions {
  /** The system call: `"unlinkat"`. Default: what the section's name says. */
  readonly syscall?: string;
  /** What `bpf_get_attach_cookie()` gives. Since Linux 5.15. */
  readonly cookie?: bigint;
}

/** What the names of the functions for system calls start with, since Linux 4.17, by Node's name of the architecture. */
const prefixes: ReadonlyMap<string, string> = new Map([
  ["x64", "__x64_sys_"],
  ["ia32", "__ia32_sys_"],
  ["arm64", "__arm64_sys_"],
  ["s390x", "__s390x_sys_"],
  ["riscv64", "__riscv_sys_"],
  ["ppc64", "sys_"],
]);

/** Since Linux 4.17, with CONFIG_KPROBE_EVENTS. */
export const ksyscall: LinkKind<KsyscallOptions> = {
  kind: "ksyscall",
  title: "a ksyscall program",
  since: "4.17",
  options: { syscall: optional("string", isText), cookie: cookieRule },
  example: 'attach({ syscall: "unlinkat" })',
  attach(program, { syscall = program.attachTo, cookie }) {
    if (syscall === "") {
      throw optionError(ksyscall, program, "its section names no system call; give the option syscall");
    }
    const atReturn = sectionPrefix(program).startsWith("kret");
    const object = describeProgram(program);
    // Whether there are probes at all comes before whether there is such a system call.
    probeDevice("kprobe", object);
    const symbol = syscallFunction(syscall, object);
    return attachKprobe("ksyscall", program, { symbol, offset: 0, atReturn, cookie });
  },
};

/** The kernel's function for a system call; which of the prefixes it has depends on the kernel's configuration. */
function syscallFunction(syscall: string, object: string): string {
  const own = prefixes.get(process.arch) ?? "__se_sys_";
  const candidates = [...new Set([own, "__se_sys_", "sys_"])].map((prefix) => prefix + syscall);
  const existing = existingFunctions(candidates);
  // Nothing to choose from: let the kernel say whether it has the usual one.
  if (existing === undefined) return own + syscall;
  if (existing[0] !== undefined) return existing[0];
  const syscalls = [...kernelFunctionNames()]
    .filter((name) => name.startsWith(own))
    .map((name) => name.slice(own.length));
  throw new BpfError(
    "ERR_BPF_NOT_FOUND",
    `${object} can't be attached: this kernel has no system call ${quoteName(syscall)}${didYouMean(syscall, syscalls)}`,
  );
}
