import { readFileSync } from "node:fs";
import { BpfError } from "../errors/index.ts";
import { FileDescriptor, kernelRelease, kernelVersionCode, probeFeature, programLoad, tryBpf } from "../sys/index.ts";
import type { FeatureProbe } from "../sys/index.ts";
import { Command, ProgramType } from "../uapi/index.ts";
import type { KernelConfigSource } from "./kernel-config.ts";
import { hasKernelSymbol } from "./kernel-symbols.ts";

/** The running kernel's. */
export const kernelConfigSource: KernelConfigSource = {
  version: kernelVersionCode,
  hasCookie: () => probeFeature(cookieProbe) === true,
  hasSyscallWrapper: () => hasKernelSymbol(wrapperPrefixes.map((prefix) => `${prefix}sys_bpf`)),
  config: readConfig,
};

/** CONFIG_ARCH_HAS_SYSCALL_WRAPPER: what the architectures that have it put in front of a system call's name. */
const wrapperPrefixes = ["__x64_", "__arm64_", "__s390x_", "__riscv_", "__loongarch_"];

/** call bpf_get_attach_cookie; exit. The second register of a call is 0, so that the bytes of opcode and registers have no order. */
const callCookie = new Uint8Array(16);
callCookie[0] = 0x85;
new Int32Array(callCookie.buffer, 4, 1)[0] = 174;
callCookie[8] = 0x95;

const cookieProbe: FeatureProbe = {
  name: "cookies of attachments",
  since: "5.15",
  test: () => {
    const result = tryBpf(Command.PROG_LOAD, programLoad, {
      progType: ProgramType.KPROBE,
      insns: callCookie,
      insnCnt: 2,
      license: "GPL",
      kernVersion: kernelVersionCode(),
    });
    if (result >= 0) new FileDescriptor(result, "probe program").close();
    return result >= 0;
  },
};

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
