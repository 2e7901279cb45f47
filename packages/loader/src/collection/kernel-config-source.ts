import { readFileSync } from "node:fs";
import { BpfError } from "../errors/index.ts";
import { helperProbe } from "../features/helpers.ts";
import { has, kernelRelease, kernelVersionCode } from "../sys/index.ts";
import { ProgramType } from "../uapi/index.ts";
import type { KernelConfigSource } from "./kernel-config.ts";
import { hasKernelSymbol } from "./kernel-symbols.ts";

/** The running kernel's. */
export const kernelConfigSource: KernelConfigSource = {
  version: kernelVersionCode,
  hasCookie: () => has(helperProbe(ProgramType.KPROBE, BPF_GET_ATTACH_COOKIE)),
  hasSyscallWrapper: () => hasKernelSymbol(wrapperPrefixes.map((prefix) => `${prefix}sys_bpf`)),
  config: readConfig,
};

/** Number of the helper function that gives a cookie. Since Linux 5.15. */
const BPF_GET_ATTACH_COOKIE = 174;

/** CONFIG_ARCH_HAS_SYSCALL_WRAPPER: what the architectures that have it put in front of a system call's name. */
const wrapperPrefixes = ["__x64_", "__arm64_", "__s390x_", "__riscv_", "__loongarch_"];

function readConfig(): string {
  const release = kernelRelease();
  try {
    // Not imported: few objects ask, and all would wait for it to load.
    const { gunzipSync } = process.getBuiltinModule("node:zlib");
    return gunzipSync(readFileSync("/proc/config.gz")).toString("latin1");
  } catch {
    // Only there with CONFIG_IKCONFIG_PROC; distributions put a file next to the kernel.
  }
  try {
    return readFileSync(`/boot/config-${release}`, "latin1");
  } catch (cause) {
    throw new BpfError(
      "ERR_BPF_NOT_FOUND",
      `the kernel's configuration, which the object asks for, is neither in /proc/config.gz nor in /boot/config-${release}`,
      { cause },
    );
  }
}
