import { NotSupportedError } from "../errors/index.ts";
import { Errno, explainSyscall, programInfo, requireObjectKind, tryObjectInfo } from "../sys/index.ts";
import type { Decoded, ObjectInfo, Values } from "../sys/index.ts";
import type { ProgramType } from "../uapi/index.ts";
import { fdInfoCount, fdInfoNumber, readFdInfo } from "./fdinfo.ts";
import type { FdInfo } from "./fdinfo.ts";
import { jitedProgram } from "./jited-program.ts";
import type { JitedProgram } from "./jited-program.ts";
import { fetchBuffers } from "./object-buffers.ts";
import { Reported } from "./reported.ts";
import { FUNCTION_RECORD_BYTES, LINE_RECORD_BYTES, translatedProgram } from "./translated-program.ts";
import type { TranslatedProgram } from "./translated-program.ts";

/** How often a program ran. It counts only while somebody asks for it: see `enableStats`. */
export interface ProgramStats {
  /** Nanoseconds of all runs. Since Linux 5.1. */
  readonly runTime: bigint | undefined;
  /** Since Linux 5.1. */
  readonly runCount: bigint | undefined;
  /** Runs that were left out because it was running on that CPU already; counts always. Since Linux 5.12. */
  readonly recursionMisses: bigint | undefined;
}

/** The buffers of the second call, as the kernel filled them. */
export interface ProgramBuffers {
  readonly translated: Uint8Array;
  readonly jited: Uint8Array;
  readonly mapIds: Uint32Array;
  readonly ksyms: BigUint64Array;
  readonly functionSizes: Uint32Array;
  readonly functions: Uint8Array;
  readonly lines: Uint8Array;
  readonly jitedLines: BigUint64Array;
  readonly tags: Uint8Array;
}

type Told = Decoded<typeof programInfo>;

const JITED_LINE_BYTES = 8;
const TAG_BYTES = 8;

/**
 * What the kernel tells about a program. What it does not tell is `undefined`; zero is what it told. Without CAP_BPF it tells
 * little, and addresses and machine code only to those who may read them in /proc/kallsyms.
 */
export class ProgramInfo implements ProgramStats {
  readonly type: ProgramType;
  /** Its number. Since Linux 4.13. */
  readonly id: number | undefined;
  /** Hash of its instructions, 16 hexadecimal digits: the same for the same program. */
  readonly tag: string;
  /** At most 15 characters; empty when none was given. Since Linux 4.15. {@link instructions} has it in full. */
  readonly name: string | undefined;
  /** Bytes of machine code; `undefined` also where it is not compiled. Since Linux 4.13. */
  readonly jitedSize: number | undefined;
  /** Bytes of instructions as the verifier rewrote them. Since Linux 4.13. */
  readonly translatedSize: number | undefined;
  /** When it was loaded, in nanoseconds after boot (CLOCK_BOOTTIME). Since Linux 4.15. */
  readonly loadTime: bigint | undefined;
  /** User who loaded it. Since Linux 4.15. */
  readonly createdByUid: number | undefined;
  /** Maps that it uses, or that were bound to it. Since Linux 4.15. */
  readonly mapIds: readonly number[] | undefined;
  /** Network device that it is for; 0 = none. Since Linux 4.16. */
  readonly ifindex: number | undefined;
  /** Whether its license lets it call helpers for GPL programs. Since Linux 4.18. */
  readonly gplCompatible: boolean | undefined;
  /** Device number of the device's network namespace. Since Linux 4.16. */
  readonly netnsDev: bigint | undefined;
  /** Inode number of the device's network namespace. Since Linux 4.16. */
  readonly netnsIno: bigint | undefined;
  /** Where its functions are in the kernel's memory. Since Linux 4.18. */
  readonly ksymAddresses: readonly bigint[] | undefined;
  /** Bytes of machine code of each function. Since Linux 4.18. */
  readonly jitedFunctionSizes: readonly number[] | undefined;
  /** BTF object that describes its functions and lines; 0 = none. Since Linux 5.0. */
  readonly btfId: number | undefined;
  /** Hashes of its functions, as {@link tag}. Since Linux 5.0. */
  readonly functionTags: readonly string[] | undefined;
  readonly runTime: bigint | undefined;
  readonly runCount: bigint | undefined;
  readonly recursionMisses: bigint | undefined;
  /** Instructions that the verifier went through, each as often as it did. Since Linux 5.16. */
  readonly verifiedInstructions: number | undefined;
  /** BTF object, of the kernel or a module, that {@link attachBtfId} is of; 0 = none. Since Linux 6.0. */
  readonly attachBtfObjId: number | undefined;
  /** The function, tracepoint or structure of the kernel that it is for; 0 = none. Since Linux 6.0. */
  readonly attachBtfId: number | undefined;
  /** Bytes of the kernel's memory, approximately. From /proc. Since Linux 4.10. */
  readonly memlock: number | undefined;
  readonly #buffers: ProgramBuffers | undefined;

  /** @internal */
  constructor(
    told: ObjectInfo<typeof programInfo> | undefined,
    buffers: ProgramBuffers | undefined,
    fdInfo: FdInfo | undefined,
    type: ProgramType,
  ) {
    const info = told === undefined ? undefined : new Reported(programInfo, told);
    const gpl = info?.get("gplCompatible", "nrJitedKsyms");
    this.type = type;
    this.id = info?.get("id") ?? fdInfoCount(fdInfo, "prog_id");
    this.tag = told === undefined ? (fdInfo?.get("prog_tag") ?? "") : Buffer.from(told.info.tag).toString("hex");
    this.name = info?.get("name");
    // Never 0 of a program that the process may look into.
    this.jitedSize = info?.getNonZero("jitedProgLen");
    this.translatedSize = info?.getNonZero("xlatedProgLen");
    this.loadTime = info?.get("loadTime");
    this.createdByUid = info?.get("createdByUid");
    this.mapIds = info?.has("mapIds") === true && buffers !== undefined ? [...buffers.mapIds] : undefined;
    this.ifindex = info?.get("ifindex");
    this.gplCompatible = gpl === undefined ? undefined : (gpl & 1) !== 0;
    this.netnsDev = info?.get("netnsDev");
    this.netnsIno = info?.get("netnsIno");
    this.ksymAddresses = filled(buffers?.ksyms);
    this.jitedFunctionSizes = filled(buffers?.functionSizes);
    this.btfId = info?.get("btfId");
    this.functionTags = tagsOf(buffers?.tags);
    this.runTime = info?.get("runTimeNs") ?? fdInfoNumber(fdInfo, "run_time_ns");
    this.runCount = info?.get("runCnt") ?? fdInfoNumber(fdInfo, "run_cnt");
    this.recursionMisses = info?.get("recursionMisses") ?? fdInfoNumber(fdInfo, "recursion_misses");
    this.verifiedInstructions = info?.get("verifiedInsns");
    this.attachBtfObjId = info?.get("attachBtfObjId", "attachBtfId");
    this.attachBtfId = info?.get("attachBtfId");
    this.memlock = fdInfoCount(fdInfo, "memlock");
    this.#buffers = buffers;
  }

  /**
   * The instructions as the verifier rewrote them, with the names of functions and the lines of the source where the program
   * brought these along and the process may read them (CAP_SYS_ADMIN). They can't be loaded again: they refer to maps by id, and
   * what they call is in the kernel. `disassemble` of `bpf-loader/asm` makes text of them. Since Linux 4.13.
   *
   * @throws NotSupportedError without the privilege (CAP_BPF), and for blinded programs (net.core.bpf_jit_harden)
   */
  instructions(): TranslatedProgram {
    const { translated, functions, lines } = this.#buffers ?? {};
    if (translated === undefined || functions === undefined || lines === undefined || !translated.some(Boolean)) {
      throw hidden(this.#what, "instructions");
    }
    return translatedProgram({ translated, functions, lines, btfId: this.btfId ?? 0, name: this.name ?? "" });
  }

  /**
   * The machine code of each function, with the places of the lines of the source as {@link instructions} has them. Since Linux
   * 4.13; in functions and lines since 5.0.
   *
   * @throws NotSupportedError where it is not compiled (net.core.bpf_jit_enable), or the process may not see it
   */
  jited(): JitedProgram {
    const buffers = this.#buffers;
    if (buffers === undefined || !buffers.jited.some(Boolean)) throw hidden(this.#what, "machine code");
    return jitedProgram(buffers, this.translatedSize === undefined ? undefined : this.instructions());
  }

  get #what(): string {
    return `program with id ${this.id ?? "?"}`;
  }
}

/** Why there is nothing: the kernel tells no reason. */
const hiddenBecause = {
  instructions:
    "it takes CAP_BPF; those of a program that is blinded (net.core.bpf_jit_harden) are shown to who may see addresses of the kernel: " +
    "CAP_SYSLOG, and kernel.kptr_restrict below 2",
  "machine code":
    "the program is not compiled (net.core.bpf_jit_enable), or the process may not see it: it takes CAP_BPF and CAP_SYSLOG, and " +
    "kernel.kptr_restrict below 2",
} as const;

function hidden(object: string, what: keyof typeof hiddenBecause): NotSupportedError {
  const message = `${object}: the kernel shows no ${what}: ${hiddenBecause[what]}`;
  return new NotSupportedError(`${what} of loaded programs`, "4.13", message);
}

/** Zeros only are what the kernel left as they were. */
function filled<T extends number | bigint>(values: Iterable<T> | undefined): readonly T[] | undefined {
  const array = [...(values ?? [])];
  return array.some(Boolean) ? array : undefined;
}

function tagsOf(bytes: Uint8Array | undefined): readonly string[] | undefined {
  if (bytes === undefined || bytes.length === 0) return undefined;
  return Array.from({ length: bytes.length / TAG_BYTES }, (_, index) =>
    Buffer.from(bytes.subarray(index * TAG_BYTES, (index + 1) * TAG_BYTES)).toString("hex"),
  );
}

/**
 * Asks the kernel about the program behind `fd`, in two calls: for large ones they copy some megabytes. /proc/self/fdinfo fills
 * in what they left out.
 *
 * @param object for messages: `program "count"`.
 * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` when it is no program
 */
export function readProgramInfo(fd: number, object: string): ProgramInfo {
  requireObjectKind(fd, "program", object);
  const first = tryObjectInfo(fd, programInfo);
  const fdInfo = readFdInfo(fd);
  if (typeof first !== "number") {
    const { told, buffers } = fetchBuffers(fd, programInfo, object, first, prepare, fits);
    return new ProgramInfo(told, buffers, fdInfo, told.info.type);
  }
  if (first !== -Errno.EINVAL) throw explainSyscall(first, "BPF_OBJ_GET_INFO_BY_FD", object);
  return programInfoFromFile(fdInfo, object);
}

/**
 * What only the file tells, before Linux 4.13.
 *
 * @throws NotSupportedError when it tells nothing
 */
export function programInfoFromFile(fdInfo: FdInfo | undefined, object: string): ProgramInfo {
  const type = fdInfoCount(fdInfo, "prog_type");
  if (type !== undefined) return new ProgramInfo(undefined, undefined, fdInfo, type);
  throw new NotSupportedError(
    "information about programs",
    "4.13",
    `${object}: neither BPF_OBJ_GET_INFO_BY_FD (Linux 4.13) nor /proc/self/fdinfo (4.10) says anything about it; is /proc mounted?`,
  );
}

/** The statistics of the program behind `fd`, which take one call. */
export function readProgramStats(fd: number, object: string): ProgramStats {
  const told = tryObjectInfo(fd, programInfo);
  if (typeof told === "number") throw explainSyscall(told, "BPF_OBJ_GET_INFO_BY_FD", object);
  const info = new Reported(programInfo, told);
  return {
    runTime: info.get("runTimeNs"),
    runCount: info.get("runCnt"),
    recursionMisses: info.get("recursionMisses"),
  };
}

function prepare(told: Told): { readonly values: Values<typeof programInfo>; readonly buffers: ProgramBuffers } {
  const buffers: ProgramBuffers = {
    translated: new Uint8Array(told.xlatedProgLen),
    jited: new Uint8Array(told.jitedProgLen),
    mapIds: new Uint32Array(told.nrMapIds),
    ksyms: new BigUint64Array(told.nrJitedKsyms),
    functionSizes: new Uint32Array(told.nrJitedFuncLens),
    functions: new Uint8Array(told.nrFuncInfo * FUNCTION_RECORD_BYTES),
    lines: new Uint8Array(told.nrLineInfo * LINE_RECORD_BYTES),
    jitedLines: new BigUint64Array(told.nrJitedLineInfo),
    tags: new Uint8Array(told.nrProgTags * TAG_BYTES),
  };
  // The kernel takes no size without a buffer.
  const values: Values<typeof programInfo> = {
    ...(buffers.translated.length > 0 && {
      xlatedProgInsns: buffers.translated,
      xlatedProgLen: buffers.translated.length,
    }),
    ...(buffers.jited.length > 0 && { jitedProgInsns: buffers.jited, jitedProgLen: buffers.jited.length }),
    ...(buffers.mapIds.length > 0 && { mapIds: bytesOf(buffers.mapIds), nrMapIds: buffers.mapIds.length }),
    ...(buffers.ksyms.length > 0 && { jitedKsyms: bytesOf(buffers.ksyms), nrJitedKsyms: buffers.ksyms.length }),
    ...(buffers.functionSizes.length > 0 && {
      jitedFuncLens: bytesOf(buffers.functionSizes),
      nrJitedFuncLens: buffers.functionSizes.length,
    }),
    ...(buffers.functions.length > 0 && {
      funcInfo: buffers.functions,
      funcInfoRecSize: FUNCTION_RECORD_BYTES,
      nrFuncInfo: buffers.functions.length / FUNCTION_RECORD_BYTES,
    }),
    ...(buffers.lines.length > 0 && {
      lineInfo: buffers.lines,
      lineInfoRecSize: LINE_RECORD_BYTES,
      nrLineInfo: buffers.lines.length / LINE_RECORD_BYTES,
    }),
    ...(buffers.jitedLines.length > 0 && {
      jitedLineInfo: bytesOf(buffers.jitedLines),
      jitedLineInfoRecSize: JITED_LINE_BYTES,
      nrJitedLineInfo: buffers.jitedLines.length,
    }),
    ...(buffers.tags.length > 0 && { progTags: buffers.tags, nrProgTags: buffers.tags.length / TAG_BYTES }),
  };
  return { values, buffers };
}

/** Only maps that are bound to a program come later than the program. */
function fits(told: Told, buffers: ProgramBuffers): boolean {
  return told.nrMapIds <= buffers.mapIds.length && told.xlatedProgLen <= buffers.translated.length;
}

function bytesOf(array: Uint32Array | BigUint64Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
