import { parseArgs } from "node:util";
import { UsageError } from "./errors.ts";
import type { Json } from "./json-text.ts";
import type { Terminal } from "./terminal.ts";
import { wrap } from "./terminal-text.ts";

/** One option. A table of these is what parses the arguments and what `--help` prints. */
interface Flag {
  readonly type: "string" | "boolean";
  readonly short?: string;
  /** What stands for the value in the help: `SECONDS`. */
  readonly value?: string;
  /** What it does, in one line of the help. */
  readonly text: string;
}

/** The arguments of a sub-command. */
export interface Arguments {
  readonly positionals: readonly string[];
  readonly isSet: (flag: string) => boolean;
  readonly valueOf: (flag: string) => string | undefined;
}

/** What a sub-command found or did: data, and how people read it. */
export interface Report {
  readonly json: Json;
  /** Lines, each ended. */
  readonly text: (terminal: Terminal) => string;
}

/** A list that may be longer than memory is: printed as it is found. */
export interface Listing {
  /** Items, each to be printed before the next one is asked for. */
  readonly items: () => Iterable<Report>;
  /** What people read behind it. */
  readonly end: (count: number) => string;
}

/** A word behind `bpf`. */
export interface SubCommand {
  /** What follows `bpf`, a line for each form: `"list maps|programs|links|btf"`. */
  readonly usage: readonly string[];
  /** What the help says below. */
  readonly description: string;
  readonly flags: Readonly<Record<string, Flag>>;
  /**
   * What it was asked for: one report, a list of them, or one after the other for what goes on.
   *
   * @throws UsageError when the arguments make no sense; CommandError or BpfError when it can't be done
   */
  readonly run: (args: Arguments) => Report | Promise<Report> | Listing | AsyncIterable<Report>;
}

const commonFlags = {
  json: { type: "boolean", short: "j", text: "print JSON; see above for its form" },
  help: { type: "boolean", short: "h", text: "print this" },
} as const satisfies Readonly<Record<string, Flag>>;

/** @throws UsageError for options that there are not, or without their value */
export function readArguments(command: SubCommand, argv: readonly string[]): Arguments {
  let parsed: ReturnType<typeof parseArgs>;
  try {
    const options = { ...command.flags, ...commonFlags };
    parsed = parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
  } catch (error) {
    // It explains how to escape a dash over several sentences; the first says what is wrong.
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(message.split(/\.\s|\n/, 1)[0] ?? message);
  }
  const { values, positionals } = parsed;
  return {
    positionals,
    isSet: (flag) => values[flag] === true,
    valueOf: (flag) => {
      const value = values[flag];
      return typeof value === "string" ? value : undefined;
    },
  };
}

/** Columns of a help that is not for a terminal. */
const HELP_WIDTH = 80;

/** The text of `bpf … --help`. */
export function subCommandHelp({ usage, description, flags }: SubCommand, { width = HELP_WIDTH }: Terminal): string {
  const forms = usage.map((form, at) => `${at === 0 ? "Usage:" : "      "} bpf ${form} [options]\n`);
  // Where a line ends in the source is of no meaning; an empty line is.
  const paragraphs = description
    .split("\n\n")
    .map((paragraph) => wrap(paragraph.replaceAll("\n", " "), width).join("\n"));
  return `${forms.join("")}\n${paragraphs.join("\n\n")}\n\nOptions:\n${flagLines({ ...flags, ...commonFlags })}`;
}

function flagLines(flags: Readonly<Record<string, Flag>>): string {
  const rows = Object.entries(flags).map(([name, { short, value, text }]) => ({
    left: `${short === undefined ? "    " : `-${short}, `}--${name}${value === undefined ? "" : ` ${value}`}`,
    text,
  }));
  const width = Math.max(...rows.map(({ left }) => left.length));
  return rows.map(({ left, text }) => `  ${left.padEnd(width)}  ${text}\n`).join("");
}

/** The arguments that there must be, by their names in the usage. */
export function requirePositionals(args: Arguments, ...names: readonly string[]): readonly string[] {
  const { positionals } = args;
  const missing = names[positionals.length];
  if (missing !== undefined) throw new UsageError(`${missing} is missing`);
  const [extra] = positionals.slice(names.length);
  if (extra !== undefined) throw new UsageError(`one argument too many: ${extra}`);
  return positionals;
}
