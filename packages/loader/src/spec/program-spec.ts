import { copyFunction } from "../asm/code.ts";
import type { FunctionSpec } from "../asm/code.ts";
import type { AttachType } from "../uapi/attach-type.ts";
import type { ProgramType } from "../uapi/program-type.ts";
import type { SectionRule } from "./section-table.ts";

/** What is needed to load a program. Plain data, freely edited before loading. */
export interface ProgramSpec {
  /** Name of the C function, in full. */
  name: string;
  /** `"xdp"`, `"tracepoint/sched/sched_switch"` … as in `SEC(…)`, with a leading `?` where there was one. */
  readonly sectionName: string;
  /** The section's row in the table; `undefined` when none matches, and the type is then unspecified. */
  readonly rule: SectionRule | undefined;
  /** 0 when the section's name says nothing. */
  type: ProgramType;
  attachType: AttachType;
  /** What the section's name says behind the prefix: `"sched/sched_switch"`; empty when nothing. */
  attachTo: string;
  /** Bits of `ProgramFlag`. */
  flags: number;
  /** False for sections that start with `?`: not loaded unless asked for. */
  autoload: boolean;
  /** `"GPL"`; those that the kernel takes for compatible let it call more helpers. */
  license: string;
  /** Kernel version for kprobes before Linux 5.0; 0 or 0xFFFFFFFE = the running one. */
  kernelVersion: number;
  /**
   * The program itself, then each function that it calls, directly or not, once. Programs of a collection share the
   * functions that they have in common: editing one edits it for all of them.
   */
  functions: FunctionSpec[];
}

/** Copies that share nothing with the originals, and functions between each other as these do. */
export function copyPrograms(programs: ReadonlyMap<string, ProgramSpec>): Map<string, ProgramSpec> {
  const copies = new Map<FunctionSpec, FunctionSpec>();
  const copyOnce = (spec: FunctionSpec): FunctionSpec => {
    let copy = copies.get(spec);
    if (copy === undefined) copies.set(spec, (copy = copyFunction(spec)));
    return copy;
  };
  return new Map(
    Array.from(programs, ([name, program]) => [name, { ...program, functions: program.functions.map(copyOnce) }]),
  );
}
