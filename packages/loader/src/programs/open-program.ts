import { BpfError, NotSupportedError, quoteName } from "../errors/index.ts";
import type { ProgramInfo } from "../info/index.ts";
import { parseSectionName } from "../spec/section-name.ts";
import { OBJECT_NAME_LENGTH, ProgramType, programTypeName } from "../uapi/index.ts";
import type { ProgramDetails } from "./program.ts";

/** What the kernel does not tell about a program. */
export interface OpenProgramOptions {
  /**
   * As in `SEC("…")`: `"tcx/ingress"`, `"kprobe/do_unlinkat"`. It says how the program is attached, which the kernel does not tell;
   * for types of program that are attached in one way only, such as XDP, it need not be given.
   */
  readonly section?: string | undefined;
}

/** Types of program whose section has one name, or one that goes for all. */
const sections: ReadonlyMap<ProgramType, string> = new Map([
  [ProgramType.SOCKET_FILTER, "socket"],
  [ProgramType.TRACEPOINT, "tracepoint"],
  [ProgramType.RAW_TRACEPOINT, "raw_tracepoint"],
  [ProgramType.RAW_TRACEPOINT_WRITABLE, "raw_tracepoint.w"],
  [ProgramType.XDP, "xdp"],
  [ProgramType.PERF_EVENT, "perf_event"],
  [ProgramType.SOCK_OPS, "sockops"],
  [ProgramType.CGROUP_DEVICE, "cgroup/dev"],
  [ProgramType.CGROUP_SYSCTL, "cgroup/sysctl"],
  [ProgramType.FLOW_DISSECTOR, "flow_dissector"],
  [ProgramType.SK_LOOKUP, "sk_lookup"],
  [ProgramType.SK_MSG, "sk_msg"],
  [ProgramType.SYSCALL, "syscall"],
  [ProgramType.NETFILTER, "netfilter"],
]);

/**
 * What an open program is.
 *
 * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` when the section is of another type of program
 */
export function openedDetails(info: ProgramInfo, { section }: OpenProgramOptions): ProgramDetails {
  const name = fullName(info);
  const sectionName = section ?? sections.get(info.type) ?? "";
  const { rule, attachTo } = parseSectionName(sectionName);
  if (section !== undefined && rule?.type !== info.type) {
    const what = rule === undefined ? "says nothing about a program" : `is for ${programTypeName(rule.type)}`;
    throw new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `program ${quoteName(name)} is of type ${programTypeName(info.type)}, and SEC(${quoteName(section)}) ${what}`,
    );
  }
  return {
    name,
    type: info.type,
    attachType: rule?.attachType ?? 0,
    attachTo,
    sectionName,
    attachKind: rule?.attach,
    auto: rule?.auto ?? "never",
    verifierLog: [],
  };
}

/** The kernel cuts names; the program's BTF has them in full, for those who may read it. */
function fullName(info: ProgramInfo): string {
  const { name = "" } = info;
  if (name.length < OBJECT_NAME_LENGTH - 1) return name;
  try {
    const full = info.instructions().name;
    return full.startsWith(name) ? full : name;
  } catch (error) {
    if (error instanceof NotSupportedError) return name;
    throw error;
  }
}
