import type { LineInfo } from "../asm/code.ts";
import type { TranslatedProgram } from "./translated-program.ts";

/** Where in machine code a line of the source starts. */
export interface JitedLine {
  /** Bytes from the start of the function. */
  readonly offset: number;
  readonly line: LineInfo;
}

/** A function of a loaded program, as machine code. */
export interface JitedFunction {
  /** `undefined` where the kernel does not tell the program's functions apart. */
  readonly name: string | undefined;
  /** Where it is in the kernel's memory; `undefined` where that is hidden. */
  readonly address: bigint | undefined;
  /** Machine code of this machine. */
  readonly code: Uint8Array;
  /** In the order of offsets. */
  readonly lines: readonly JitedLine[];
}

/** The machine code of a loaded program. */
export interface JitedProgram {
  readonly functions: readonly JitedFunction[];
}

/** What the kernel gave. */
interface JitedBytes {
  readonly jited: Uint8Array;
  readonly ksyms: BigUint64Array;
  readonly functionSizes: Uint32Array;
  /** Addresses: one for each line info of the program, in the same order. */
  readonly jitedLines: BigUint64Array;
}

/** Divides the machine code into functions, and places the lines in them. Sizes that are too large are cut to what is there. */
export function jitedProgram(
  { jited, ksyms, functionSizes, jitedLines }: JitedBytes,
  translated: TranslatedProgram | undefined,
): JitedProgram {
  const sizes = functionSizes.length === 0 ? [jited.length] : [...functionSizes];
  const names = translated?.functions ?? [];
  const lines = translated !== undefined && translated.lines.length === jitedLines.length ? translated.lines : [];
  let at = 0;
  const functions = sizes.map((size, index): JitedFunction => {
    const code = jited.subarray(at, at + size);
    at += size;
    const address = ksyms[index] === 0n ? undefined : ksyms[index];
    return {
      name: names.length === sizes.length ? names[index]?.name : undefined,
      address,
      code,
      lines: address === undefined ? [] : linesBetween(address, size, lines, jitedLines),
    };
  });
  return { functions };
}

function linesBetween(
  address: bigint,
  size: number,
  lines: readonly LineInfo[],
  addresses: BigUint64Array,
): readonly JitedLine[] {
  const end = address + BigInt(size);
  return lines
    .flatMap((line, index) => {
      const at = addresses[index] ?? 0n;
      return at >= address && at < end ? [{ offset: Number(at - address), line }] : [];
    })
    .sort((left, right) => left.offset - right.offset);
}
