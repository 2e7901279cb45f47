/**
 * The verifier's counters, at the end of its log.
 *
 * Their text is that of print_verification_stats() in the kernel's kernel/bpf/verifier.c; it is not promised, and this reads that of
 * 4.15 to 7.x.
 *
 * @module
 */

/** What verifying a program took. A field is `undefined` where the kernel did not say. */
export interface VerifierStatistics {
  /** Instructions that the verifier went through, each as often as it came by. */
  readonly instructions: number | undefined;
  /** How many it goes through before it gives up: a million, 131072 before Linux 5.2. */
  readonly instructionLimit: number | undefined;
  /** The most states that were kept for one instruction. Since Linux 5.2. */
  readonly maxStatesPerInstruction: number | undefined;
  /** States that were made. Since Linux 5.2. */
  readonly totalStates: number | undefined;
  /** The most states that were kept at a time. Since Linux 5.2. */
  readonly peakStates: number | undefined;
  /** The longest walk to mark what was read. Since Linux 5.2. */
  readonly markRead: number | undefined;
  /** Microseconds. Since Linux 5.2. */
  readonly microseconds: number | undefined;
  /** Bytes of stack of the program and of each of its functions, in the order of the instructions. Since Linux 4.15. */
  readonly stackDepths: readonly number[] | undefined;
  /** Bytes of stack of the deepest chain of calls; 512 are allowed. Newer kernels tell: 7.2 does. */
  readonly maxStackDepth: number | undefined;
  /** {@link instructions} of the program and of each of its functions. Newer kernels tell: 7.2 does. */
  readonly functionInstructions: readonly number[] | undefined;
}

/** Bit of the log level that asks for time and stack depth. */
export const STATISTICS_LEVEL = 4;

const line = /^(?:verification time \d+ usec|stack depth \d|insns processed \d|processed \d+ insns)/;

/** Reads them from the lines of a log. `undefined` when there are none. */
export function readVerifierStatistics(log: readonly string[]): VerifierStatistics | undefined {
  // They come last, and lines before them may quote the program's source.
  const lines = log.slice(-4).filter((text) => line.test(text));
  if (lines.length === 0) return undefined;
  const text = lines.join("\n");
  const number = (pattern: RegExp): number | undefined => {
    const digits = pattern.exec(text)?.[1];
    return digits === undefined ? undefined : Number(digits);
  };
  const numbers = (pattern: RegExp): readonly number[] | undefined => pattern.exec(text)?.[1]?.split("+").map(Number);
  return {
    instructions: number(/^processed (\d+) insns/m),
    instructionLimit: number(/\(limit (\d+)\)/),
    maxStatesPerInstruction: number(/max_states_per_insn (\d+)/),
    totalStates: number(/total_states (\d+)/),
    peakStates: number(/peak_states (\d+)/),
    markRead: number(/mark_read (\d+)/),
    microseconds: number(/verification time (\d+) usec/),
    stackDepths: numbers(/stack depth (\d+(?:\+\d+)*)/),
    maxStackDepth: number(/stack depth \S+ max (\d+)/),
    functionInstructions: numbers(/^insns processed (\d+(?:\+\d+)*)/m),
  };
}
