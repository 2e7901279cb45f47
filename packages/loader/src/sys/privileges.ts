/**
 * What the process may do, read from /proc and /sys when a call was refused.
 *
 * @module
 */
import { readFileSync } from "node:fs";

/** Numbers of include/uapi/linux/capability.h. */
const CAPABILITY_BITS = { CAP_NET_ADMIN: 12, CAP_SYS_ADMIN: 21, CAP_SYS_RESOURCE: 24, CAP_PERFMON: 38, CAP_BPF: 39 };

/** A capability that BPF asks for. */
export type Capability = keyof typeof CAPABILITY_BITS;

/** A file's text, or `undefined` when it can't be read. */
function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function statusField(name: string): string | undefined {
  return new RegExp(`^${name}:\\s*(\\S+)`, "m").exec(textOf("/proc/self/status") ?? "")?.[1];
}

/** Whether the process has the capability, or CAP_SYS_ADMIN, which stands for all of BPF's. True when it can't be found out. */
export function hasCapability(capability: Capability): boolean {
  const effective = statusField("CapEff");
  if (effective === undefined) return true;
  const bits = BigInt(`0x${effective}`);
  const has = (bit: number): boolean => ((bits >> BigInt(bit)) & 1n) === 1n;
  return has(CAPABILITY_BITS[capability]) || (capability !== "CAP_SYS_RESOURCE" && has(CAPABILITY_BITS.CAP_SYS_ADMIN));
}

/** Whether capabilities hold for a user namespace only. The kernel wants BPF's in the first one. */
export function inUserNamespace(): boolean {
  const map = textOf("/proc/self/uid_map")?.trim().split(/\s+/);
  return map !== undefined && map.join(" ") !== "0 0 4294967295";
}

/** Whether a seccomp filter is installed, as container runtimes do. */
export function hasSeccompFilter(): boolean {
  return statusField("Seccomp") === "2";
}

/** `none`, `integrity` or `confidentiality`; `undefined` when the kernel has no lockdown. */
export function lockdown(): string | undefined {
  return /\[(\w+)\]/.exec(textOf("/sys/kernel/security/lockdown") ?? "")?.[1];
}

/**
 * Says that the kernel's lockdown forbids something, and what to do; `undefined` when the kernel is not locked down that far.
 *
 * @param level from which on it is forbidden.
 */
export function lockedDown(level: "integrity" | "confidentiality", what: string): string | undefined {
  const current = lockdown();
  if (current !== level && current !== "confidentiality") return undefined;
  const lower = level === "confidentiality" ? "with lockdown=integrity" : "without lockdown=";
  return `the kernel is locked down (${current}), which forbids ${what}; boot ${lower} on its command line, or without Secure Boot`;
}

/** Security modules that can refuse bpf(2), of those that are on. */
export function securityModules(): readonly string[] {
  const active = textOf("/sys/kernel/security/lsm")?.trim().split(",") ?? [];
  return active.filter((name) => ["selinux", "apparmor", "smack", "tomoyo", "bpf"].includes(name));
}

/** `kernel.unprivileged_bpf_disabled` is not 0. */
export function unprivilegedBpfDisabled(): boolean {
  return textOf("/proc/sys/kernel/unprivileged_bpf_disabled")?.trim() !== "0";
}

/** `kernel.perf_event_paranoid`; `undefined` when it can't be read. */
export function perfEventParanoid(): number | undefined {
  const text = textOf("/proc/sys/kernel/perf_event_paranoid");
  return text === undefined ? undefined : Number(text);
}

/** Soft limit of locked memory in bytes; `Infinity` when there is none. */
export function lockedMemoryLimit(): number {
  const soft = /^Max locked memory\s+(\S+)/m.exec(textOf("/proc/self/limits") ?? "")?.[1];
  return soft === undefined || soft === "unlimited" ? Infinity : Number(soft);
}
