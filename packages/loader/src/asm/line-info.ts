import type { LineInfo } from "./function.ts";

/** Finds a string by its offset; a BTF is one. */
export interface StringsByOffset {
  string(offset: number): string;
}

/** A line whose texts are decoded when they are asked for: most never are, and the kernel takes the offsets. */
export class SourceLine implements LineInfo {
  readonly slot: number;
  readonly line: number;
  readonly column: number;
  readonly fileOffset: number;
  readonly textOffset: number;
  readonly #strings: StringsByOffset;

  constructor(
    strings: StringsByOffset,
    slot: number,
    at: Pick<LineInfo, "line" | "column" | "fileOffset" | "textOffset">,
  ) {
    this.#strings = strings;
    this.slot = slot;
    this.line = at.line;
    this.column = at.column;
    this.fileOffset = at.fileOffset;
    this.textOffset = at.textOffset;
  }

  get file(): string {
    return this.#strings.string(this.fileOffset);
  }

  get text(): string {
    return this.#strings.string(this.textOffset);
  }

  at(slot: number): SourceLine {
    return new SourceLine(this.#strings, slot, this);
  }
}

/** The same line at another instruction. */
export function lineAt(line: LineInfo, slot: number): LineInfo {
  return line instanceof SourceLine ? line.at(slot) : { ...line, slot };
}
