import type CodeBlockWriter from "code-block-writer";

/** A doc comment of one line; names in it must have gone through `codeInComment`. */
export function writeDoc(writer: CodeBlockWriter, text: string): void {
  writer.writeLine(`/** ${text} */`);
}

/** `"1 byte"`, `"16 bytes"`. */
export function bytes(count: number): string {
  return `${count} byte${count === 1 ? "" : "s"}`;
}

/** `"1 program"`, `"2 programs"`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
