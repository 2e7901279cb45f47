import { ElfFile } from "bpf-loader/elf";
import { Btf, parseExtInfo } from "bpf-loader/btf";
import type { LineRecord } from "bpf-loader/btf";
import { ObjectFormatError } from "bpf-loader/errors";
import { oneLine } from "./errors.ts";

/** Characters shown of a line of C. */
const WIDTH = 160;
/** What a tab is drawn as, so that the mark below it stands right. */
const TAB = "  ";

/**
 * The line of C that an error is about, as the object's line information has it, with a mark below the column. `undefined`
 * where the error has no place in a program, or the object no line information.
 */
export function codeFrame(object: Uint8Array, error: unknown): string | undefined {
  if (!(error instanceof ObjectFormatError) || error.section === undefined || error.offset === undefined) return;
  const found = findLine(object, error.section, error.offset);
  if (found === undefined || found.record.line === 0) return;
  const { record, file, text } = found;
  const number = String(record.line);
  const before = oneLine(text.slice(0, Math.max(0, record.column - 1)).replaceAll("\t", TAB));
  const shown = oneLine(text.replaceAll("\t", TAB));
  const lines = [`  at ${oneLine(file)}:${number}${record.column === 0 ? "" : `:${record.column}`}`];
  if (shown.trim() !== "") {
    lines.push(`  ${number} | ${shown.length > WIDTH ? `${shown.slice(0, WIDTH)}…` : shown}`);
    if (record.column > 0 && before.length < WIDTH)
      lines.push(`  ${" ".repeat(number.length)} | ${" ".repeat(before.length)}^`);
  }
  return lines.join("\n");
}

interface FoundLine {
  readonly record: LineRecord;
  readonly file: string;
  readonly text: string;
}

function findLine(object: Uint8Array, section: string, offset: number): FoundLine | undefined {
  try {
    const elf = ElfFile.parse(object);
    const types = elf.section(".BTF");
    const infos = elf.section(".BTF.ext");
    if (types === undefined || infos === undefined) return;
    const btf = Btf.parse(types.data);
    const records = parseExtInfo(infos.data, btf).lines.get(section) ?? [];
    const record = records.findLast((line) => line.offset <= offset);
    return record && { record, file: btf.string(record.fileOffset), text: btf.string(record.textOffset) };
  } catch (failure) {
    // The object is faulty, which is what is being reported: maybe in this as well.
    if (failure instanceof ObjectFormatError) return;
    throw failure;
  }
}
