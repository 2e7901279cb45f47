/**
 * The object's own types in the kernel: they let tools print maps by field, and the verifier check functions and locks.
 *
 * @module
 */

import { kernelBtfForLoad } from "../btf/index.ts";
import type { Btf, KernelBtfSupport } from "../btf/index.ts";
import type { BpfError } from "../errors/index.ts";
import { btfKindProbes } from "../features/btf-kinds.ts";
import { btfLoad, explainSyscall, FileDescriptor, lacks, tryBpf } from "../sys/index.ts";
import { Command, MapFlag } from "../uapi/index.ts";

/** The object's types, loaded once and shared by its maps and programs. */
export interface ObjectTypes {
  /** `undefined` when the object has none, or the kernel refused them. */
  readonly descriptor: FileDescriptor | undefined;
  /** Programs may say which function and which source line an instruction is of. Since Linux 5.0. */
  readonly functionInfo: boolean;
  /** Why the kernel refused them. Most objects work all the same. */
  readonly refusal: BpfError | undefined;
}

const everything: KernelBtfSupport = {
  functions: true,
  dataSections: true,
  globalFunctions: true,
  emptySections: true,
  floats: true,
  declTags: true,
  typeTags: true,
  enum64: true,
  questionMarkSections: true,
  layout: true,
};

/** Loads an object's types, with a token if there is one; rewritten for kernels that don't understand all of them. */
export function loadObjectTypes(btf: Btf | undefined, tokenFd?: number): ObjectTypes {
  if (btf === undefined) return { descriptor: undefined, functionInfo: false, refusal: undefined };
  let support = everything;
  let fd = load(kernelBtfForLoad(btf, support), tokenFd);
  if (fd < 0) {
    support = probedSupport();
    fd = load(kernelBtfForLoad(btf, support), tokenFd);
  }
  if (fd < 0) {
    const refusal = explainSyscall(fd, "BPF_BTF_LOAD", "types of the object");
    return { descriptor: undefined, functionInfo: false, refusal };
  }
  const descriptor = new FileDescriptor(fd, "types of the object");
  return { descriptor, functionInfo: support.functions, refusal: undefined };
}

function load(btf: Uint8Array, tokenFd: number | undefined): number {
  const btfFlags = tokenFd === undefined ? 0 : MapFlag.TOKEN_FD;
  return tryBpf(Command.BTF_LOAD, btfLoad, { btf, btfSize: btf.length, btfFlags, btfTokenFd: tokenFd });
}

function probedSupport(): KernelBtfSupport {
  return {
    functions: !lacks(btfKindProbes.functions),
    dataSections: !lacks(btfKindProbes.dataSections),
    globalFunctions: !lacks(btfKindProbes.globalFunctions),
    emptySections: !lacks(btfKindProbes.emptySections),
    floats: !lacks(btfKindProbes.floats),
    declTags: !lacks(btfKindProbes.declTags),
    typeTags: !lacks(btfKindProbes.typeTags),
    enum64: !lacks(btfKindProbes.enum64),
    questionMarkSections: !lacks(btfKindProbes.questionMarkSections),
    // It only repeats what the kernel knows of its own kinds.
    layout: false,
  };
}
