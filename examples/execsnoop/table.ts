/**
 * The live table: columns that fit the terminal, colours, and strangers' text made harmless.
 *
 * @module
 */
import { constants } from "node:os";
import { styleText } from "node:util";
import stringWidth from "string-width";

/** One line of the table. */
export interface Row {
  readonly time: Date;
  readonly pid: number;
  readonly ppid: number;
  readonly uid: number;
  readonly comm: string;
  readonly commandLine: string;
  /** Present when the process has ended; the duration is in nanoseconds. */
  readonly end?: { readonly exitCode: number; readonly signal: number; readonly duration: bigint };
}

type Style = Parameters<typeof styleText>[0];

interface Column {
  readonly title: string;
  readonly width: number;
  readonly right?: boolean;
}

interface Cell {
  readonly text: string;
  readonly style?: Style;
}

/** Prints to a stream: cut to its width and coloured when it is a terminal, whole and plain when it is not. */
export class Table {
  readonly #stream: NodeJS.WriteStream;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  text(text: string, style: Style = []): void {
    this.#print([{ text, style }], []);
  }

  header(): void {
    const columns = this.#columns();
    this.#print(titles([...columns.map(({ title }) => title), "COMMAND"]), columns);
  }

  row({ time, pid, ppid, uid, comm, commandLine, end }: Row): void {
    const style = end === undefined ? [] : "dim";
    const name = inert(comm);
    this.#print(
      [
        { text: clockTime(time, this.#narrow()), style: "dim" },
        { text: String(pid), style },
        { text: String(ppid), style },
        { text: String(uid), style },
        { text: this.#narrow() ? fit(name, 9) : name, style },
        outcome(end),
        { text: end === undefined ? "" : durationText(end.duration), style },
        { text: commandLine, style },
      ],
      this.#columns(),
    );
  }

  /** A table of its own, as wide as it needs; all columns but the first are numbers. */
  counters(header: readonly string[], rows: readonly (readonly string[])[]): void {
    const columns = header.map((title, index) => ({
      title,
      width: Math.max(stringWidth(title), ...rows.map((row) => stringWidth(row[index] ?? ""))),
      right: index > 0,
    }));
    this.#print(titles(header), columns);
    const cells = rows.map((row) => row.map((text) => ({ text })));
    for (const row of cells) this.#print(row, columns);
  }

  /** The columns before the command line, which takes the rest. */
  #columns(): readonly Column[] {
    const narrow = this.#narrow();
    return [
      { title: "TIME", width: narrow ? 8 : 12 },
      { title: "PID", width: 7, right: true },
      { title: "PPID", width: 7, right: true },
      { title: "UID", width: 5, right: true },
      { title: "COMM", width: narrow ? 9 : 15 },
      { title: "EVENT", width: 8 },
      { title: "DURATION", width: 8, right: true },
    ];
  }

  #narrow(): boolean {
    return this.#stream.isTTY && this.#stream.columns < 100;
  }

  #print(cells: readonly Cell[], columns: readonly Column[]): void {
    const colours = this.#stream.isTTY && this.#stream.hasColors();
    const gap = this.#narrow() ? " " : "  ";
    let left = this.#stream.isTTY ? this.#stream.columns : Infinity;
    let line = "";
    for (const [index, { text, style = [] }] of cells.entries()) {
      const start = index === 0 ? "" : gap;
      const isLast = index === cells.length - 1;
      const cell = fit(pad(text, columns[index], isLast), left - start.length);
      left -= start.length + stringWidth(cell);
      line += start + (colours ? styleText(style, cell, { validateStream: false }) : cell);
    }
    this.#stream.write(`${colours ? line : line.trimEnd()}\n`);
  }
}

function titles(texts: readonly string[]): readonly Cell[] {
  return texts.map((text) => ({ text, style: "bold" }));
}

/** The last cell of a line needs no padding behind it. */
function pad(text: string, column: Column | undefined, isLast: boolean): string {
  const padding = " ".repeat(Math.max(0, (column?.width ?? 0) - stringWidth(text)));
  if (column?.right === true) return padding + text;
  return isLast ? text : text + padding;
}

function outcome(end: Row["end"]): Cell {
  if (end === undefined) return { text: "exec", style: "green" };
  if (end.signal !== 0) return { text: signalName(end.signal), style: "magenta" };
  if (end.exitCode !== 0) return { text: `exit ${end.exitCode}`, style: "red" };
  return { text: "exit 0", style: "dim" };
}

function signalName(number: number): string {
  const known = Object.entries(constants.signals).find(([, value]) => value === number);
  return known?.[0] ?? `signal ${number}`;
}

function clockTime(time: Date, short: boolean): string {
  const [hours, minutes, seconds] = [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) =>
    String(part).padStart(2, "0"),
  );
  return `${hours}:${minutes}:${seconds}${short ? "" : `.${String(time.getMilliseconds()).padStart(3, "0")}`}`;
}

/** Nanoseconds as a person reads them: `511 µs`, `1.24 ms`, `305 ms`, `12.3 s`, `5 min`. */
export function durationText(nanoseconds: bigint): string {
  const milliseconds = Number(nanoseconds) / 1e6;
  if (milliseconds < 1) return `${(milliseconds * 1000).toFixed(0)} µs`;
  if (milliseconds < 10) return `${milliseconds.toFixed(2)} ms`;
  if (milliseconds < 1000) return `${milliseconds.toFixed(0)} ms`;
  if (milliseconds < 100_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${(milliseconds / 60_000).toFixed(0)} min`;
}

/** Cuts to a number of terminal cells; what is cut ends in `…`. */
function fit(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let kept = "";
  let cells = 1;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    cells += stringWidth(segment);
    if (cells > width) break;
    kept += segment;
  }
  return width > 0 ? `${kept}…` : "";
}

/**
 * Text that anybody may have chosen, such as a command's arguments, without anything that steers a terminal:
 * control characters, line breaks and invisible or direction-changing characters are shown by their number.
 */
export function inert(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) =>
    character === "\n" ? String.raw`\n` : String.raw`\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

/** A command line as one would type it: arguments that a shell would change are quoted. */
export function commandLineText(args: readonly string[]): string {
  return args
    .map((arg) => (/^[\p{L}\p{N}_@%+=:,./-]+$/u.test(arg) ? arg : `'${arg.replaceAll("'", String.raw`'\''`)}'`))
    .map(inert)
    .join(" ");
}
