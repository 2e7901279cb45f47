/**
 * What a program is made for, when the kernel wants to know it at load: the id of a function, tracepoint or hook in its BTF.
 *
 * @module
 */

import { BpfError, quoteName } from "../errors/index.ts";
import { btfById } from "../info/index.ts";
import { programIdentity } from "../info/identity.ts";
import type { ProgramSpec } from "../spec/index.ts";
import { AttachType, ProgramType } from "../uapi/index.ts";
import type { KernelTypes } from "./kernel-types.ts";
import type { Program } from "./program.ts";

/** The fields of BPF_PROG_LOAD that say what a program is made for. */
export interface AttachTarget {
  readonly attachBtfId: number;
  /** A program, or the BTF of a module; 0 = the kernel itself. */
  readonly attachProgFd: number;
  /** For programs whose attach type is not the section's. */
  readonly expectedAttachType?: number;
}

/**
 * What `spec` is made for; `undefined` for types of programs that are made for nothing in particular. `program` is the one that it
 * extends or traces, if it is a program.
 *
 * @throws BpfError `ERR_BPF_NOT_FOUND` when the kernel has no such function, tracepoint or hook.
 */
export function attachTarget(
  spec: ProgramSpec,
  kernel: KernelTypes,
  program: Program<never> | undefined,
): AttachTarget | undefined {
  if (!(spec.rule?.attachBtf ?? typesWithTarget.has(spec.type))) return undefined;
  const what = `program ${quoteName(spec.name)} (SEC(${quoteName(spec.sectionName)}))`;
  if (spec.attachTo === "") {
    throw new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `${what} does not say what it attaches to: name it in its section, or set \`attachTo\` of its spec before loading`,
    );
  }
  if (program !== undefined) return programTarget(spec, what, program);
  if (spec.type === ProgramType.EXT) {
    throw new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `${what} replaces a function of another program: give that one in the option \`attachTargets\``,
    );
  }
  return kernelTarget(spec, what, kernel);
}

const typesWithTarget: ReadonlySet<number> = new Set([ProgramType.TRACING, ProgramType.LSM, ProgramType.EXT]);

function programTarget(spec: ProgramSpec, what: string, program: Program<never>): AttachTarget {
  const { btfId } = programIdentity(program.fd, `program ${quoteName(program.name)}`);
  const id = btfId === 0 ? undefined : btfById(btfId).find(spec.attachTo, "function");
  if (id === undefined) {
    throw new BpfError(
      "ERR_BPF_NOT_FOUND",
      `${what}: program ${quoteName(program.name)} has ${btfId === 0 ? "no BTF" : `no function ${quoteName(spec.attachTo)}`}`,
    );
  }
  return { attachBtfId: id, attachProgFd: program.fd };
}

/** How the kernel names what programs of an attach type can be made for. */
const kernelNames: ReadonlyMap<number, readonly [prefix: string, kind: "function" | "typedef", title: string]> =
  new Map([
    // DEFINE_EVENT's typedef of the probe's type (include/trace/bpf_probe.h).
    [AttachType.TRACE_RAW_TP, ["btf_trace_", "typedef", "tracepoint"]],
    // The empty functions that BPF programs hook (kernel/bpf/bpf_lsm.c).
    [AttachType.LSM_MAC, ["bpf_lsm_", "function", "LSM hook"]],
    [AttachType.LSM_CGROUP, ["bpf_lsm_", "function", "LSM hook"]],
    // DEFINE_BPF_ITER_FUNC (include/linux/bpf.h).
    [AttachType.TRACE_ITER, ["bpf_iter_", "function", "iterator"]],
  ]);

function kernelTarget(spec: ProgramSpec, what: string, kernel: KernelTypes): AttachTarget {
  const [prefix, kind, title] = kernelNames.get(spec.attachType) ?? ["", "function" as const, "function"];
  // "nf_conntrack:nf_conntrack_in" asks for a module's.
  const colon = spec.attachTo.indexOf(":");
  const module = colon < 0 ? undefined : spec.attachTo.slice(0, colon);
  const found = kernel.find(prefix + spec.attachTo.slice(colon + 1), kind, module);
  if (found === undefined) {
    throw new BpfError(
      "ERR_BPF_NOT_FOUND",
      `${what}: this kernel has no ${title} ${quoteName(spec.attachTo)}${kernel.remark}`,
    );
  }
  if (found.module === undefined) return { attachBtfId: found.id, attachProgFd: 0 };
  return { attachBtfId: found.id, attachProgFd: moduleTypesFd(kernel, found.module) };
}

/**
 * The descriptor of a module's types, which stays `kernel`'s.
 *
 * @throws BpfError `ERR_BPF_NOT_FOUND` when the module is gone.
 */
export function moduleTypesFd(kernel: KernelTypes, module: string): number {
  const descriptor = kernel.descriptor(module);
  if (descriptor !== undefined) return descriptor.value;
  throw new BpfError("ERR_BPF_NOT_FOUND", `kernel module ${quoteName(module)} was unloaded meanwhile`);
}
