/**
 * Turns a failed system call into an error that says what to do. What is wrong is found by looking after the failure, not
 * by version tables.
 *
 * @module
 */
import { MissingCapabilityError, NotSupportedError, SyscallError, type BpfError } from "../errors/index.ts";
import { Errno, errnoName, errnoText } from "./errno.ts";
import { kernelIsAtLeast, kernelRelease } from "./kernel.ts";
import { countsLockedMemory } from "./memory-accounting.ts";
import {
  hasCapability,
  hasSeccompFilter,
  inUserNamespace,
  lockdown,
  lockedMemoryLimit,
  perfEventParanoid,
  securityModules,
  unprivilegedBpfDisabled,
  type Capability,
} from "./privileges.ts";
import { describeLack, lacks, type FeatureProbe } from "./probe.ts";

/** What the caller knows about a call that may fail. */
export interface FailureContext {
  /** What the call needs. The default is CAP_BPF. */
  readonly capabilities?: readonly Capability[];
  /** Features that the call relies on; the first that the kernel lacks is the explanation. */
  readonly probes?: readonly FeatureProbe[];
  /** What this error number means for this call, and what to do: `{ EBUSY: "another program is attached; …" }`. */
  readonly hints?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/**
 * The error for a failed call.
 *
 * @param errno positive or negative.
 * @param command the kernel's name: `BPF_MAP_CREATE`, `perf_event_open`.
 * @param object what the call was for: `map "flows"`.
 */
export function explainSyscall(errno: number, command: string, object: string, context: FailureContext = {}): BpfError {
  const number = Math.abs(errno);
  const options = context.cause === undefined ? {} : { cause: context.cause };
  const name = errnoName(number);
  const text = errnoText(number);
  const failure = `${object}: ${command} failed with ${name}${text === "" ? "" : ` (${text})`}`;
  const hint = context.hints?.[name];
  if (number === Errno.EPERM || number === Errno.EACCES) {
    const refusal = explainRefusal(number, command, context.capabilities ?? ["CAP_BPF"]);
    if (refusal !== undefined)
      return new MissingCapabilityError(refusal.missing, `${failure}: ${refusal.text}`, options);
  }
  const lacking = context.probes?.find((probe) => lacks(probe));
  if (lacking !== undefined) {
    return new NotSupportedError(lacking.name, lacking.since, `${failure}: ${describeLack(lacking)}`, options);
  }
  if (number === Errno.ENOSYS) {
    const message = `${failure}: the kernel was built without CONFIG_BPF_SYSCALL, or a sandbox hides the call`;
    return new NotSupportedError("bpf(2)", undefined, message, options);
  }
  const advice = hint ?? commonAdvice(number);
  return new SyscallError(name, command, object, advice === undefined ? failure : `${failure}: ${advice}`, options);
}

interface Refusal {
  readonly missing: string;
  readonly text: string;
}

/** Commands that lock memory before Linux 5.11. */
const LOCKS_MEMORY = new Set(["BPF_MAP_CREATE", "BPF_PROG_LOAD", "BPF_BTF_LOAD"]);

function explainRefusal(errno: number, command: string, needed: readonly Capability[]): Refusal | undefined {
  const missing = needed.filter((capability) => !hasCapability(capability));
  if (missing.length > 0) return { missing: missing.join(", "), text: lackOf(missing, command) };
  // The verifier answers EACCES, too, and a file's permissions do; then it is no privilege that lacks.
  if (needed.length === 0 || (errno === Errno.EACCES && command === "BPF_PROG_LOAD")) return undefined;
  if (inUserNamespace()) {
    return {
      missing: needed.join(", "),
      text: "the process has its capabilities in a user namespace only, and the kernel wants them in the first one; run it outside of rootless containers",
    };
  }
  if (errno === Errno.EACCES) return undefined;
  const limit = lockedMemoryLimit();
  if (LOCKS_MEMORY.has(command) && limit !== Infinity && countsLockedMemory()) {
    return {
      missing: "RLIMIT_MEMLOCK",
      text: `the limit of locked memory is ${limit} bytes, and this kernel (${kernelRelease()}) counts BPF memory against it; raise it with \`ulimit -l unlimited\``,
    };
  }
  if (lockdown() === "confidentiality") {
    return {
      missing: "lockdown",
      text: "the kernel is locked down (confidentiality), which forbids programs that read kernel memory; boot with lockdown=integrity or without Secure Boot",
    };
  }
  return undefined;
}

function lackOf(missing: readonly Capability[], command: string): string {
  const names = missing.join(" and ");
  const since = missing.some((name) => name !== "CAP_SYS_RESOURCE" && name !== "CAP_NET_ADMIN");
  const wanted = since && !kernelIsAtLeast("5.8") ? "CAP_SYS_ADMIN" : names;
  const notes = [
    command.startsWith("BPF_") && unprivilegedBpfDisabled() ? "kernel.unprivileged_bpf_disabled is set" : "",
    command.startsWith("perf") ? `kernel.perf_event_paranoid is ${perfEventParanoid() ?? "unknown"}` : "",
  ].filter((note) => note !== "");
  return (
    `the process lacks ${wanted}${notes.length === 0 ? "" : ` (${notes.join(", ")})`}; run it as root, ` +
    `or give it the capability (setcap, AmbientCapabilities= of systemd, --cap-add of a container)`
  );
}

function commonAdvice(errno: number): string | undefined {
  if (errno === Errno.EPERM) return unexplainedRefusal();
  if (errno === Errno.EMFILE)
    return "the process has as many descriptors open as it may; close some, or raise `ulimit -n`";
  return undefined;
}

/** Where all capabilities are there, name what else can refuse. */
function unexplainedRefusal(): string {
  const suspects = [
    hasSeccompFilter() ? "a seccomp filter of the container or service" : "",
    ...securityModules().map((name) => `the policy of the security module ${name}`),
    lockdown() === "integrity" ? "the kernel's lockdown (integrity)" : "",
  ].filter((suspect) => suspect !== "");
  return suspects.length === 0
    ? "the process has the capabilities, the kernel refuses all the same"
    : `the process has the capabilities; what can refuse here is ${suspects.join(", or ")}`;
}
