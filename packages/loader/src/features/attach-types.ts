import type { FeatureProbe } from "../sys/index.ts";
import { AttachType, attachTypeName, attachTypeSince, MapFlag, MapType, ProgramType } from "../uapi/index.ts";
import {
  kprobeMultiLinks,
  kprobeSessionLinks,
  netkitLinks,
  perfEventLinks,
  tcxLinks,
  uprobeMultiLinks,
  uprobeSessionLinks,
  xdpLinks,
} from "./link-kinds.ts";
import { directAttachmentProbe } from "./link-probe.ts";
import { smallestMap, takesMap } from "./map-types.ts";
import { programTypeProbe } from "./program-types.ts";
import { cantTell, isUnknown, NOWHERE, tellsNothing, tryProgram } from "./try-call.ts";

const probes = new Map<number, FeatureProbe>();

/** Whether the kernel knows a place that programs are attached to. */
export function attachTypeProbe(type: AttachType): FeatureProbe {
  let probe = probes.get(type);
  if (probe === undefined) {
    const test = tests.get(type) ?? (() => "this version of the library does not know such programs");
    probe = { name: attachTypeName(type), since: attachTypeSince[type], test };
    probes.set(type, probe);
  }
  return probe;
}

type Test = FeatureProbe["test"];

/** The kernel checks the attach type of such programs when it loads them. */
const loads =
  (progType: ProgramType, expectedAttachType: AttachType): Test =>
  () => {
    const { result, log } = tryProgram({ progType, expectedAttachType });
    if (result >= 0 || log !== "") return true;
    return isUnknown(result) ? false : cantTell(result, "BPF_PROG_LOAD");
  };

/** The place came with the type of program, which has no other. */
const asType = (type: ProgramType): Test => programTypeProbe(type).test;

/**
 * Programs that are loaded for a function of the kernel: type 1 of its BTF is none, which a kernel that knows the place says in
 * the log.
 */
const finds =
  (progType: ProgramType, expectedAttachType: AttachType): Test =>
  () => {
    const { result, log } = tryProgram({ progType, expectedAttachType, attachBtfId: 1 });
    if (result >= 0 || /\bis not a|without a name|doesn't have a name/.test(log)) return true;
    return isUnknown(result) ? false : cantTell(result, "BPF_PROG_LOAD");
  };

/** Programs for many functions of the kernel, which are named when they are attached: other tracing programs must have one before. */
const findsLater =
  (expectedAttachType: AttachType): Test =>
  () => {
    const { result, log } = tryProgram({ progType: ProgramType.TRACING, expectedAttachType });
    if (result >= 0 || log !== "") return !log.includes("must provide btf_id");
    return isUnknown(result) ? false : cantTell(result, "BPF_PROG_LOAD");
  };

/** Such programs in a DEVMAP or CPUMAP came with values that have room for them. */
const inMap = (type: MapType): Test => {
  return () => takesMap({ ...smallestMap(type), valueSize: 8 });
};

/** Sockets that are looked at for migration came as a field of the context, `migrating_sk` of `struct sk_reuseport_md`. */
const migrates: Test = () => {
  const readMigrating = Uint8Array.of(0x79, 0, 0, 0, 0, 0, 0, 0, 0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0);
  // r0 = *(u64 *)(r1 + 48). The register that is loaded from is in the bits of the second byte that come second.
  const fields = new DataView(readMigrating.buffer);
  const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
  fields.setUint8(1, littleEndian ? 0x10 : 0x01);
  fields.setInt16(2, 48, littleEndian);
  const { result, log } = tryProgram({
    progType: ProgramType.SK_REUSEPORT,
    expectedAttachType: AttachType.SK_REUSEPORT_SELECT,
    insns: readMigrating,
  });
  if (result >= 0) return true;
  return tellsNothing(result) ? cantTell(result, "BPF_PROG_LOAD") : log !== "" && !log.includes("invalid bpf_context");
};

const socketVerdicts = directAttachmentProbe(
  { name: "verdicts on sockets of all kinds", since: "5.13" },
  { type: ProgramType.SK_SKB, attachType: AttachType.SK_SKB_VERDICT, loadedFor: AttachType.SK_SKB_VERDICT },
  { targetFd: NOWHERE },
  "EBADF",
);

/** By the kind of program, in the order of the numbers within each. */
const tests: ReadonlyMap<number, Test> = new Map<number, Test>([
  ...[AttachType.CGROUP_INET_INGRESS, AttachType.CGROUP_INET_EGRESS].map(
    (type) => [type, loads(ProgramType.CGROUP_SKB, type)] as const,
  ),
  ...[
    AttachType.CGROUP_INET_SOCK_CREATE,
    AttachType.CGROUP_INET4_POST_BIND,
    AttachType.CGROUP_INET6_POST_BIND,
    AttachType.CGROUP_INET_SOCK_RELEASE,
  ].map((type) => [type, loads(ProgramType.CGROUP_SOCK, type)] as const),
  ...[
    AttachType.CGROUP_INET4_BIND,
    AttachType.CGROUP_INET6_BIND,
    AttachType.CGROUP_INET4_CONNECT,
    AttachType.CGROUP_INET6_CONNECT,
    AttachType.CGROUP_UDP4_SENDMSG,
    AttachType.CGROUP_UDP6_SENDMSG,
    AttachType.CGROUP_UDP4_RECVMSG,
    AttachType.CGROUP_UDP6_RECVMSG,
    AttachType.CGROUP_INET4_GETPEERNAME,
    AttachType.CGROUP_INET6_GETPEERNAME,
    AttachType.CGROUP_INET4_GETSOCKNAME,
    AttachType.CGROUP_INET6_GETSOCKNAME,
    AttachType.CGROUP_UNIX_CONNECT,
    AttachType.CGROUP_UNIX_SENDMSG,
    AttachType.CGROUP_UNIX_RECVMSG,
    AttachType.CGROUP_UNIX_GETPEERNAME,
    AttachType.CGROUP_UNIX_GETSOCKNAME,
  ].map((type) => [type, loads(ProgramType.CGROUP_SOCK_ADDR, type)] as const),
  ...[AttachType.CGROUP_GETSOCKOPT, AttachType.CGROUP_SETSOCKOPT].map(
    (type) => [type, loads(ProgramType.CGROUP_SOCKOPT, type)] as const,
  ),
  [AttachType.CGROUP_SOCK_OPS, asType(ProgramType.SOCK_OPS)],
  [AttachType.CGROUP_DEVICE, asType(ProgramType.CGROUP_DEVICE)],
  [AttachType.CGROUP_SYSCTL, asType(ProgramType.CGROUP_SYSCTL)],
  [AttachType.LIRC_MODE2, asType(ProgramType.LIRC_MODE2)],
  [AttachType.FLOW_DISSECTOR, asType(ProgramType.FLOW_DISSECTOR)],
  [AttachType.SK_LOOKUP, asType(ProgramType.SK_LOOKUP)],
  [AttachType.NETFILTER, asType(ProgramType.NETFILTER)],
  [AttachType.SK_SKB_STREAM_PARSER, asType(ProgramType.SK_SKB)],
  [AttachType.SK_SKB_STREAM_VERDICT, asType(ProgramType.SK_SKB)],
  [AttachType.SK_SKB_VERDICT, socketVerdicts.test],
  [AttachType.SK_MSG_VERDICT, asType(ProgramType.SK_MSG)],
  [AttachType.SK_REUSEPORT_SELECT, migrates],
  [AttachType.SK_REUSEPORT_SELECT_OR_MIGRATE, migrates],
  ...[
    AttachType.TRACE_RAW_TP,
    AttachType.TRACE_FENTRY,
    AttachType.TRACE_FEXIT,
    AttachType.MODIFY_RETURN,
    AttachType.TRACE_ITER,
    AttachType.TRACE_FSESSION,
  ].map((type) => [type, finds(ProgramType.TRACING, type)] as const),
  ...[AttachType.TRACE_FENTRY_MULTI, AttachType.TRACE_FEXIT_MULTI, AttachType.TRACE_FSESSION_MULTI].map(
    (type) => [type, findsLater(type)] as const,
  ),
  ...[AttachType.LSM_MAC, AttachType.LSM_CGROUP].map((type) => [type, finds(ProgramType.LSM, type)] as const),
  [AttachType.XDP, xdpLinks.test],
  [AttachType.XDP_DEVMAP, inMap(MapType.DEVMAP)],
  [AttachType.XDP_CPUMAP, inMap(MapType.CPUMAP)],
  [AttachType.PERF_EVENT, perfEventLinks.test],
  [AttachType.TRACE_KPROBE_MULTI, kprobeMultiLinks.test],
  [AttachType.TRACE_KPROBE_SESSION, kprobeSessionLinks.test],
  [AttachType.TRACE_UPROBE_MULTI, uprobeMultiLinks.test],
  [AttachType.TRACE_UPROBE_SESSION, uprobeSessionLinks.test],
  [AttachType.STRUCT_OPS, () => takesMap({ ...smallestMap(MapType.STRUCT_OPS), mapFlags: MapFlag.LINK })],
  [AttachType.TCX_INGRESS, tcxLinks.test],
  [AttachType.TCX_EGRESS, tcxLinks.test],
  [AttachType.NETKIT_PRIMARY, netkitLinks.test],
  [AttachType.NETKIT_PEER, netkitLinks.test],
]);
