import { Errno, type FeatureProbe, type programLoad, type Values } from "../sys/index.ts";
import { AttachType, ProgramFlag, ProgramType, programTypeName, programTypeSince } from "../uapi/index.ts";
import { cantTell, isUnknown, tryProgram } from "./try-call.ts";

const probes = new Map<number, FeatureProbe>();

/** Whether the kernel has a type of program: it looks at the smallest one, whatever it then thinks of it. */
export function programTypeProbe(type: ProgramType): FeatureProbe {
  let probe = probes.get(type);
  if (probe === undefined) {
    probe = { name: programTypeName(type), since: programTypeSince[type], test: () => isKnown(type) };
    probes.set(type, probe);
  }
  return probe;
}

/** What a program of a type has to have for the kernel to look at it. */
export function programTypeNeeds(type: ProgramType): Values<typeof programLoad> {
  return { progType: type, ...needs.get(type) };
}

/** Types that are loaded for a function or structure of the kernel. */
export const typesWithTarget: ReadonlySet<number> = new Set([
  ProgramType.TRACING,
  ProgramType.LSM,
  ProgramType.EXT,
  ProgramType.STRUCT_OPS,
]);

/**
 * Where a type of program has several attach types, any of them will do. Type 1 of the kernel's BTF is no function: a kernel that
 * can load programs for functions says so in its log.
 */
const needs: ReadonlyMap<number, Values<typeof programLoad>> = new Map<number, Values<typeof programLoad>>([
  [ProgramType.CGROUP_SOCK, { expectedAttachType: AttachType.CGROUP_INET_SOCK_CREATE }],
  [ProgramType.CGROUP_SOCK_ADDR, { expectedAttachType: AttachType.CGROUP_INET4_CONNECT }],
  [ProgramType.CGROUP_SOCKOPT, { expectedAttachType: AttachType.CGROUP_GETSOCKOPT }],
  [ProgramType.CGROUP_SKB, { expectedAttachType: AttachType.CGROUP_INET_EGRESS }],
  [ProgramType.SK_LOOKUP, { expectedAttachType: AttachType.SK_LOOKUP }],
  [ProgramType.SK_REUSEPORT, { expectedAttachType: AttachType.SK_REUSEPORT_SELECT }],
  [ProgramType.NETFILTER, { expectedAttachType: AttachType.NETFILTER }],
  [ProgramType.SYSCALL, { progFlags: ProgramFlag.SLEEPABLE }],
  [ProgramType.TRACING, { expectedAttachType: AttachType.TRACE_RAW_TP, attachBtfId: 1 }],
  [ProgramType.LSM, { expectedAttachType: AttachType.LSM_MAC, attachBtfId: 1 }],
  [ProgramType.EXT, { attachBtfId: 1 }],
]);

function isKnown(type: ProgramType): boolean | string {
  const { result, log } = tryProgram(programTypeNeeds(type));
  if (result >= 0 || log !== "") return true;
  // The kernel misses the structure that the program is for.
  if (type === ProgramType.STRUCT_OPS && result === -Errno.ENOTSUPP) return true;
  return isUnknown(result) ? false : cantTell(result, "BPF_PROG_LOAD");
}
