/**
 * Turns a failed system call into an error that says what to do. What is wrong is found by looking after the failure, not
 * by version tables.
 *
 * @module
 */
import { MissingCapabilityError, NotSupportedError, quoteName, SyscallError, type BpfError } from "../errors/index.ts";
import { Errno, errnoName, errnoText } from "./errno.ts";
import { kernelIsAtLeast, kernelRelease } from "./kernel.ts";
import { countsLockedMemory } from "./memory-accounting.ts";
import {
  hasCapability,
  hasSeccompFilter,
  inUserNamespace,
  lockdown,
  lockedDown,
  lockedMemoryLimit,
  perfEventParanoid,
  securityModules,
  unprivilegedBpfDisabled,
  type Capability,
} from "./privileges.ts";
import { describeLack, lacks, type FeatureProbe } from "./probe.ts";
import { securityPrograms } from "./security-programs.ts";

/** What the caller knows about a call that may fail. */
export interface FailureContext {
  /** What the call needs. The default is CAP_BPF. */
  readonly capabilities?: readonly Capability[];
  /** Features that the call relies on; the first that the kernel lacks is the explanation. */
  readonly probes?: readonly FeatureProbe[];
  /** What this error number means for this call, and what to do: `{ EBUSY: "another program is attached; …" }`. */
  readonly hints?: Readonly<Record<string, string>>;
  /** What a kernel that is locked down (confidentiality) forbids of this call, for the message: `"kprobes"`. */
  readonly confidential?: string;
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
    const refusal = explainRefusal(number, command, context);
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
  const advice = hint ?? commonAdvice(number, command);
  return new SyscallError(name, command, object, advice === undefined ? failure : `${failure}: ${advice}`, options);
}

interface Refusal {
  readonly missing: string;
  readonly text: string;
}

/** Commands that lock memory before Linux 5.11. */
const LOCKS_MEMORY = new Set(["BPF_MAP_CREATE", "BPF_PROG_LOAD", "BPF_BTF_LOAD"]);

function explainRefusal(
  errno: number,
  command: string,
  { capabilities: needed = ["CAP_BPF"], confidential }: FailureContext,
): Refusal | undefined {
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
  const text = confidential === undefined ? undefined : lockedDown("confidentiality", confidential);
  return text === undefined ? undefined : { missing: "lockdown", text };
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

/** Commands that SELinux refuses with EACCES; what else is refused so has other reasons. */
const ASK_SECURITY = new Set([...LOCKS_MEMORY, "perf_event_open"]);

function commonAdvice(errno: number, command: string): string | undefined {
  if (errno === Errno.EPERM)
    return unexplainedRefusal(command) ?? "the process has the capabilities, the kernel refuses all the same";
  if (errno === Errno.EACCES && ASK_SECURITY.has(command)) return unexplainedRefusal(command);
  if (errno === Errno.EMFILE)
    return "the process has as many descriptors open as it may; close some, or raise `ulimit -n`";
  return undefined;
}

/** Where all capabilities are there, name what else can refuse. */
function unexplainedRefusal(command: string): string | undefined {
  const level = lockdown() ?? "none";
  const suspects = [
    ...(hasSeccompFilter() ? ["a seccomp filter of the container or service"] : []),
    ...securityModules().flatMap((name) =>
      name === "bpf" ? suspectPrograms(command) : [`the policy of the security module ${name}`],
    ),
    ...(level === "none" ? [] : [`the kernel's lockdown (${level})`]),
  ];
  return suspects.length === 0
    ? undefined
    : `the process has the capabilities; what can refuse here is ${suspects.join(", or ")}`;
}

function suspectPrograms(command: string): readonly string[] {
  const programs = securityPrograms(command);
  if (programs === undefined) return ["a BPF program on a security hook, which `bpf list links` shows to root"];
  return programs.map(({ name, id, linkId, hook }) => {
    const where = hook === undefined ? "a security hook" : `the security hook ${quoteName(hook)}`;
    return `the BPF program ${quoteName(name)} (id ${id}) on ${where}, until its link (id ${linkId}) is closed and unpinned`;
  });
}
