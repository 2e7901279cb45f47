import { Errno, FileDescriptor, kernelVersionCode, programLoad, tryBpf } from "../sys/index.ts";
import type { FeatureProbe } from "../sys/index.ts";
import { AttachType, Command, ProgramType, programTypeName, programTypeSince } from "../uapi/index.ts";
import { logLines } from "./verifier-log.ts";

const probes = new Map<number, FeatureProbe>();

/** Whether the kernel has a type of program: it verifies the smallest one, whatever it then thinks of it. */
export function programTypeProbe(type: ProgramType): FeatureProbe {
  const known = probes.get(type);
  if (known !== undefined) return known;
  const probe: FeatureProbe = {
    name: programTypeName(type),
    since: programTypeSince[type] ?? "some later version",
    test: () => loads(type),
  };
  probes.set(type, probe);
  return probe;
}

/** r0 = 1; exit. An instruction is an opcode, two registers in a byte, an offset of 16 bits and a number of 32. */
const insns = new Uint8Array(16);
insns[0] = 0xb7;
new Int32Array(insns.buffer, 4, 1)[0] = 1;
insns[8] = 0x95;

/** Types that need an attach type; any of theirs will do. */
const attachTypes: ReadonlyMap<number, AttachType> = new Map<number, AttachType>([
  [ProgramType.CGROUP_SOCK, AttachType.CGROUP_INET_SOCK_CREATE],
  [ProgramType.CGROUP_SOCK_ADDR, AttachType.CGROUP_INET4_CONNECT],
  [ProgramType.CGROUP_SOCKOPT, AttachType.CGROUP_GETSOCKOPT],
  [ProgramType.CGROUP_SKB, AttachType.CGROUP_INET_EGRESS],
  [ProgramType.SK_LOOKUP, AttachType.SK_LOOKUP],
  [ProgramType.SK_REUSEPORT, AttachType.SK_REUSEPORT_SELECT],
  [ProgramType.NETFILTER, AttachType.NETFILTER],
]);

/** Types that a program without a target can't have, so that nothing can be told. */
const typesWithTarget: ReadonlySet<number> = new Set([
  ProgramType.TRACING,
  ProgramType.LSM,
  ProgramType.EXT,
  ProgramType.STRUCT_OPS,
]);

/** BPF_F_SLEEPABLE, without which the kernel takes no syscall program. */
const SLEEPABLE = 0x10;

function loads(type: ProgramType): boolean | undefined {
  if (typesWithTarget.has(type)) return undefined;
  const logBuf = new Uint8Array(4096);
  const result = tryBpf(Command.PROG_LOAD, programLoad, {
    progType: type,
    insns,
    insnCnt: 2,
    license: "GPL",
    kernVersion: kernelVersionCode(),
    expectedAttachType: attachTypes.get(type),
    progFlags: type === ProgramType.SYSCALL ? SLEEPABLE : 0,
    logLevel: 1,
    logSize: logBuf.length,
    logBuf,
  });
  if (result >= 0) {
    new FileDescriptor(result, programTypeName(type)).close();
    return true;
  }
  if (logLines(logBuf).length > 0) return true;
  return result === -Errno.EINVAL ? false : undefined;
}
