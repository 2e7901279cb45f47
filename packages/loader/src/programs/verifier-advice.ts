/**
 * What to do about complaints of the verifier, where it does not follow from their words.
 *
 * @module
 */

import { helperName } from "../asm/helper.ts";
import { MissingCapabilityError, NotSupportedError, quoteName } from "../errors/index.ts";
import type { BpfError } from "../errors/index.ts";
import { helperProbe } from "../features/helpers.ts";
import { functionPointers } from "../features/instruction-set.ts";
import { describeLack, has, kernelRelease, lacks, lockedDown } from "../sys/index.ts";
import type { FeatureProbe } from "../sys/index.ts";
import { ProgramType, programTypeName } from "../uapi/index.ts";

/** What is known of the program. */
export interface AdvisedProgram {
  readonly type: ProgramType;
  readonly license: string;
  /** The line of C that an instruction comes from, for a message: `"count.bpf.c:7: x = 1;"`. */
  readonly sourceLine: (slot: number) => string | undefined;
}

/** What to do, and what of it is the kernel's lack. */
export interface Advice {
  readonly text: string;
  readonly lacking?: BpfError;
}

type Row = readonly [pattern: RegExp, advice: (match: RegExpExecArray, program: AdvisedProgram) => Advice | undefined];

const text = (advice: string): (() => Advice) => {
  const constant = { text: advice };
  return () => constant;
};

const rows: readonly Row[] = [
  [/GPL-restricted|from non-GPL compatible/, (_match, { license }) => ({ text: licenseAdvice(license) })],
  [
    /(?:unknown func|invalid func|program of this type cannot use helper) \w+#(\d+)/,
    (match, { type }) => helperAdvice(Number(match[1]), type),
  ],
  [/calling kernel function (\w+) is not allowed/, (match, { type }) => functionAdvice(match[1] ?? "", type)],
  // A function that is only pointed to is none to a kernel without pointers to functions: it counts one less than there are types for.
  [/number of funcs in func_info|unrecognized bpf_ld_imm64|invalid BPF_LD_IMM/, () => lackAdvice(functionPointers)],
  [/^back-edge from insn/, text("loops need Linux 5.3; unroll it with #pragma unroll for older kernels")],
  [
    /^infinite loop detected/,
    text("nothing that the verifier follows changes from one round to the next: count the rounds, up to a constant"),
  ],
  [
    /register R0 has .*should have been in /,
    text("the kernel takes only certain return values of programs of this type: compare or mask what it returns"),
  ],
  [/^unknown opcode/, text("this kernel is older than what the program uses: compile it with an older -mcpu")],
  [
    /^Unreleased reference id=\d+ alloc_insn=(\d+)/,
    (match, { sourceLine }) => {
      const line = sourceLine(Number(match[1]));
      const where = line === undefined ? "" : `; it is acquired here:\n  ${line}`;
      return { text: `what was acquired must be given back on every path, before the program ends${where}` };
    },
  ],
  [
    /BPF program is too large|too many jumps|jumps is too complex|is too complex/,
    text("the verifier gave up: split the program, put parts into global functions, or bound its loops more tightly"),
  ],
  [
    /combined stack size of \d+ calls is|^(?:invalid|stack) .*(?:stack|R10).*off=-\d{3,}|stack depth \d+ exceeds/,
    text("a program and the functions it calls have 512 bytes of stack: keep large variables in a map of one entry"),
  ],
  [
    /^invalid access to (?:packet|map value|memory)|invalid bpf_context access/,
    text("the verifier could not prove that the access stays in bounds: compare with the end before it"),
  ],
];

/** Advice on the first complaint that there is some for. */
export function verifierAdvice(reasons: readonly string[], program: AdvisedProgram): Advice | undefined {
  for (const [pattern, advice] of rows) {
    for (const reason of reasons) {
      const match = pattern.exec(reason);
      const found = match === null ? undefined : advice(match, program);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function licenseAdvice(license: string): string {
  return license === ""
    ? 'the object declares no licence: add char LICENSE[] SEC("license") = "GPL";'
    : `the object's licence is ${quoteName(license)}, the kernel wants one that is compatible with the GPL`;
}

/** Types of program whose helpers stand for those of others. */
const asked: readonly ProgramType[] = [
  ProgramType.XDP,
  ProgramType.SCHED_CLS,
  ProgramType.SOCKET_FILTER,
  ProgramType.CGROUP_SKB,
  ProgramType.CGROUP_SOCK_ADDR,
  ProgramType.SOCK_OPS,
  ProgramType.SK_SKB,
  ProgramType.SK_MSG,
  ProgramType.SK_LOOKUP,
  ProgramType.SK_REUSEPORT,
  ProgramType.LWT_XMIT,
  ProgramType.KPROBE,
  ProgramType.TRACEPOINT,
  ProgramType.RAW_TRACEPOINT,
  ProgramType.PERF_EVENT,
  ProgramType.SYSCALL,
];

/** From which lockdown on programs have no such helper: bpf_base_func_proto() and bpf_tracing_func_proto() of the kernel. */
const lockedHelpers: ReadonlyMap<string, "integrity" | "confidentiality"> = new Map([
  ["bpf_probe_read", "confidentiality"],
  ["bpf_probe_read_str", "confidentiality"],
  ["bpf_probe_read_kernel", "confidentiality"],
  ["bpf_probe_read_kernel_str", "confidentiality"],
  ["bpf_probe_write_user", "integrity"],
]);

function helperAdvice(helper: number, type: ProgramType): Advice {
  const name = helperName(helper) ?? `helper ${helper}`;
  const level = lockedHelpers.get(name);
  const locked = level === undefined ? undefined : lockedDown(level, name);
  if (locked !== undefined) return { text: locked, lacking: new MissingCapabilityError("lockdown", locked) };
  const feature = `${name} for programs of type ${programTypeName(type)}`;
  const others = asked.filter((other) => other !== type && has(helperProbe(other, helper)));
  const advice =
    others.length === 0
      ? `the running kernel (${kernelRelease()}) does not have ${name}: it is older than what the program uses, ${level === undefined ? "or built without it" : "built without it, or locked down (/sys/kernel/security/lockdown)"}`
      : `programs of type ${programTypeName(type)} may not call ${name}; those of type ${others.map(programTypeName).join(", ")} may`;
  return { text: advice, lacking: new NotSupportedError(feature, undefined, advice) };
}

/** Unless the kernel has the feature: then the complaint is about something else. */
function lackAdvice(probe: FeatureProbe): Advice | undefined {
  if (!lacks(probe)) return undefined;
  const advice = describeLack(probe);
  return { text: advice, lacking: new NotSupportedError(probe.name, probe.since, advice) };
}

function functionAdvice(name: string, type: ProgramType): Advice {
  const feature = `the kernel function ${quoteName(name)} for programs of type ${programTypeName(type)}`;
  const advice = `the running kernel (${kernelRelease()}) does not offer ${quoteName(name)} to programs of type ${programTypeName(type)}`;
  return { text: advice, lacking: new NotSupportedError(feature, undefined, advice) };
}
