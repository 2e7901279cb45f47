import { MissingCapabilityError, quoteName } from "../errors/index.ts";
import type { BpfError } from "../errors/index.ts";
import { attachTypeProbe } from "../features/attach-types.ts";
import { programTypeProbe } from "../features/program-types.ts";
import { tryProgram } from "../features/try-call.ts";
import type { ProgramSpec } from "../spec/index.ts";
import { Errno, errnoName, explainSyscall, hasCapability, kernelRelease, securityPrograms } from "../sys/index.ts";
import { AttachType, ProgramType } from "../uapi/index.ts";
import type { LoadOutcome } from "./load-attempts.ts";
import { verifierError } from "./verifier-error.ts";
import type { MissingMap, RefusedProgram } from "./verifier-error.ts";
import { readVerifierLog } from "./verifier-log.ts";

/** What the loader knows of a program besides its spec. */
export interface LoadDetails extends Pick<RefusedProgram, "lines" | "poisoned" | "missingFunctions" | "missingMaps"> {
  /** Instructions, those of 64-bit loads counted twice. */
  readonly instructions: number;
}

/** The error for a program that the kernel did not load: the verifier's reason, or what else can be found out. */
export function loadFailure(spec: ProgramSpec, outcome: LoadOutcome, details: LoadDetails): BpfError {
  const finding = readVerifierLog(outcome.log);
  if (finding.reasons.length > 0 || finding.slot !== undefined) {
    return verifierError({
      name: spec.name,
      errno: errnoName(outcome.result),
      log: outcome.log,
      truncated: outcome.truncated,
      type: spec.type,
      license: spec.license,
      ...details,
    });
  }
  // The kernel refused it before the verifier looked at it.
  const what = `program ${quoteName(spec.name)}`;
  if (
    outcome.result === -Errno.EPERM &&
    isTrampoline(spec) &&
    hasCapability("CAP_BPF") &&
    hasCapability("CAP_PERFMON") &&
    refusesOnly()
  ) {
    return new MissingCapabilityError(
      "lockdown",
      `${what}: the kernel (${kernelRelease()}) refuses to load it (EPERM, before verification), although the process has the capabilities: it seems to be locked down against programs that patch its code, which are fentry, fexit, fmod_ret, lsm and freplace; raw_tp, tp_btf, tracepoint or uprobe programs may do the same work`,
    );
  }
  const map = outcome.result === -Errno.EINVAL ? lackingMap(details) : undefined;
  return explainSyscall(outcome.result, "BPF_PROG_LOAD", what, {
    capabilities: capabilitiesFor(spec.type),
    cause: map?.reason,
    probes: [programTypeProbe(spec.type), ...(spec.attachType === 0 ? [] : [attachTypeProbe(spec.attachType)])],
    hints: {
      EINVAL:
        map === undefined
          ? `the kernel refuses its type, attach type or flags before it looks at the instructions (SEC(${quoteName(spec.sectionName)}))`
          : `it refers to map ${quoteName(map.name)}, which was not created: ${map.reason.message}`,
      E2BIG: `it has ${details.instructions} instructions, and the kernel takes a million, or 4096 without CAP_BPF: split it, or call functions rather than inline them`,
      ENOTSUPP: "the kernel was built without what this type of program needs",
      EOPNOTSUPP: "the kernel was built without what this type of program needs",
    },
  });
}

/** A map that the program refers to and that this kernel lacks something for: without a log, what the verifier complains about. */
function lackingMap({ missingMaps }: LoadDetails): (MissingMap & { readonly reason: BpfError }) | undefined {
  for (const { name, reason } of missingMaps.values()) if (reason !== undefined) return { name, reason };
  return undefined;
}

/** Whether it is this kind of program that the kernel refuses: it takes others, and no program on a security hook decides. */
function refusesOnly(): boolean {
  return tryProgram({ progType: ProgramType.SOCKET_FILTER }).result >= 0 && !securityPrograms("BPF_PROG_LOAD")?.length;
}

const trampolineAttachTypes: ReadonlySet<number> = new Set([
  AttachType.TRACE_FENTRY,
  AttachType.TRACE_FEXIT,
  AttachType.MODIFY_RETURN,
  AttachType.TRACE_FSESSION,
]);

/** True for programs that the kernel calls by patching the start of a function. */
function isTrampoline({ type, attachType }: ProgramSpec): boolean {
  if (type === ProgramType.LSM || type === ProgramType.EXT) return true;
  return type === ProgramType.TRACING && trampolineAttachTypes.has(attachType);
}

/** What a type of program needs besides CAP_BPF: is_perfmon_prog_type() and is_net_admin_prog_type() of kernel/bpf/syscall.c. */
function capabilitiesFor(type: ProgramType): readonly ("CAP_BPF" | "CAP_PERFMON" | "CAP_NET_ADMIN")[] {
  if (perfmonTypes.has(type)) return ["CAP_BPF", "CAP_PERFMON"];
  return netAdminTypes.has(type) ? ["CAP_BPF", "CAP_NET_ADMIN"] : ["CAP_BPF"];
}

const perfmonTypes: ReadonlySet<number> = new Set([
  ProgramType.KPROBE,
  ProgramType.TRACEPOINT,
  ProgramType.PERF_EVENT,
  ProgramType.RAW_TRACEPOINT,
  ProgramType.RAW_TRACEPOINT_WRITABLE,
  ProgramType.TRACING,
  ProgramType.LSM,
  ProgramType.STRUCT_OPS,
  ProgramType.EXT,
]);

const netAdminTypes: ReadonlySet<number> = new Set([
  ProgramType.SCHED_CLS,
  ProgramType.SCHED_ACT,
  ProgramType.XDP,
  ProgramType.LWT_IN,
  ProgramType.LWT_OUT,
  ProgramType.LWT_XMIT,
  ProgramType.LWT_SEG6LOCAL,
  ProgramType.SK_SKB,
  ProgramType.SK_MSG,
  ProgramType.FLOW_DISSECTOR,
  ProgramType.CGROUP_DEVICE,
  ProgramType.CGROUP_SOCK,
  ProgramType.CGROUP_SOCK_ADDR,
  ProgramType.CGROUP_SOCKOPT,
  ProgramType.CGROUP_SYSCTL,
  ProgramType.SOCK_OPS,
  ProgramType.SK_REUSEPORT,
  ProgramType.SK_LOOKUP,
  ProgramType.NETFILTER,
]);
