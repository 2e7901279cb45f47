import { quoteName } from "../errors/index.ts";
import type { AttachKind } from "../spec/section-table.ts";
import type { AttachType } from "../uapi/attach-type.ts";
import type { ProgramType } from "../uapi/program-type.ts";

/** What attaching needs to know of a loaded program. */
export interface AttachableProgram {
  readonly name: string;
  /** Its descriptor; throws ERR_BPF_CLOSED after `close()`. */
  readonly fd: number;
  readonly type: ProgramType;
  readonly attachType: AttachType;
  /** What its section's name says behind the prefix: `"sched/sched_switch"`; empty when nothing. */
  readonly attachTo: string;
  /** As in `SEC(…)`: `"tracepoint/sched/sched_switch"`, maybe with a leading `?`. */
  readonly sectionName: string;
  /** `undefined` when the section's name says nothing about the program's type. */
  readonly attachKind: AttachKind | undefined;
  /** Whether attaching works without options: never, only when the section's name has a target, or always. */
  readonly auto: "never" | "withTarget" | "always";
}

/** The section's name without what it is attached to: `"uretprobe.multi"`, `"cgroup/skb"`. */
export function sectionPrefix(program: AttachableProgram): string {
  const name = program.sectionName.startsWith("?") ? program.sectionName.slice(1) : program.sectionName;
  return program.attachTo !== "" && name.endsWith(`/${program.attachTo}`)
    ? name.slice(0, -program.attachTo.length - 1)
    : name;
}

/** `program "count" (SEC("xdp"))`, for messages. */
export function describeProgram(program: AttachableProgram): string {
  return `program ${quoteName(program.name)} (SEC(${quoteName(program.sectionName)}))`;
}
