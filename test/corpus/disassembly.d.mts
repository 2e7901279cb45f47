/** An instruction that the two write differently. */
export interface DisassemblyDifference {
  readonly section: string;
  readonly slot: number;
  /** What `--mcpu` was given. */
  readonly cpu: string | undefined;
  readonly llvm: string | undefined;
  readonly ours: string | undefined;
}

/** What came out, for both runs together: each instruction counts twice. */
export interface DisassemblyComparison {
  readonly instructions: number;
  readonly agreed: number;
  /** Those with no known reason. */
  readonly differences: readonly DisassemblyDifference[];
  /** How many differ for which reason. */
  readonly explained: Readonly<Record<string, number>>;
}

/** Compares all instructions of an object with what llvm-objdump-19 says. */
export function compareDisassembly(path: string): Promise<DisassemblyComparison>;
