/**
 * What is printed: a table for people, or JSON lines for programs.
 *
 * @module
 */
import { type Command, type Event, EventKind } from "./execsnoop.ts";
import { commandLineText, durationText, inert, Table } from "./table.ts";

/** The variables in `.bss`. */
export interface Counters {
  readonly execs: bigint;
  readonly exits: bigint;
  readonly dropped: bigint;
}

/** The hash map `commands`: by name. */
export type Commands = readonly (readonly [name: string, command: Command])[];

interface Report {
  event(event: Event): void;
  summary(counters: Counters, commands: Commands): void;
}

/** Milliseconds since 1970 at the zero of CLOCK_MONOTONIC, in which the kernel's times are given. */
const monotonicZero = Date.now() - Number(process.hrtime.bigint()) / 1e6;

function wallTime(nanoseconds: bigint): Date {
  return new Date(monotonicZero + Number(nanoseconds) / 1e6);
}

const utf8 = new TextDecoder();

/** argv: each argument is followed by a NUL, the last one too unless it was cut. */
function argumentsOf(event: Event): string[] {
  const text = utf8.decode(event.args.subarray(0, event.argsLength));
  const args = text.split("\0");
  if (text.endsWith("\0")) args.pop();
  return args;
}

export class TableReport implements Report {
  readonly #table = new Table(process.stdout);
  /** Command lines of the processes that run, by pid. */
  readonly #running = new Map<number, string>();

  /** @param seconds how long it will take; 0 = until Ctrl-C */
  constructor(seconds: number) {
    if (process.stdout.isTTY) {
      const until = seconds === 0 ? "Ctrl-C ends it" : `${seconds} s; Ctrl-C ends it sooner`;
      this.#table.text(`Watching processes: ${until}`, "dim");
      this.#table.text("");
    }
    this.#table.header();
  }

  event(event: Event): void {
    const { pid, ppid, uid, comm } = event;
    const row = { time: wallTime(event.time), pid, ppid, uid, comm };
    if (event.kind === EventKind.EXEC) {
      const commandLine = shownCommandLine(event);
      this.#running.set(pid, commandLine);
      this.#table.row({ ...row, commandLine });
      return;
    }
    const { exitCode, exitSignal: signal, duration } = event;
    const commandLine = this.#running.get(pid) ?? "";
    this.#running.delete(pid);
    this.#table.row({ ...row, commandLine, end: { exitCode, signal, duration } });
  }

  summary({ execs, exits, dropped }: Counters, commands: Commands): void {
    this.#table.text("");
    this.#table.text(`Variables in .bss: ${execs} executed, ${exits} ended, ${dropped} events lost`);
    const rows = commands
      .toSorted(([, a], [, b]) => Number(b.totalDuration - a.totalDuration))
      .map(([name, { runs, failures, totalDuration, longestDuration }]) => [
        inert(name),
        String(runs),
        String(failures),
        durationText(totalDuration),
        durationText(longestDuration),
      ]);
    this.#table.text(`Hash map "commands": ${rows.length} commands`);
    this.#table.text("");
    this.#table.counters(["COMMAND", "ENDED", "FAILED", "TIME", "LONGEST"], rows);
  }
}

/** The file that is executed in place of argv[0], unless argv names it anyway, as it does for scripts. */
function shownCommandLine(event: Event): string {
  const args = argumentsOf(event);
  const shown = args.includes(event.filename) ? args : [event.filename, ...args.slice(1)];
  return commandLineText(shown) + (event.argsTruncated ? "…" : "");
}

export class JsonReport implements Report {
  event(event: Event): void {
    const { pid, ppid, uid, comm } = event;
    const common = { time: wallTime(event.time), pid, ppid, uid, comm };
    if (event.kind === EventKind.EXEC) {
      const { filename, argsTruncated } = event;
      printJson({ event: "exec", ...common, filename, args: argumentsOf(event), argsTruncated });
      return;
    }
    const { exitCode, exitSignal: signal, duration } = event;
    printJson({ event: "exit", ...common, ...(signal === 0 ? { exitCode } : { signal }), duration });
  }

  summary(counters: Counters, commands: Commands): void {
    printJson({ event: "summary", ...counters, commands: Object.fromEntries(commands) });
  }
}

/** 64-bit counts are printed as numbers; control characters that JSON would let through, by their number. */
function printJson(value: unknown): void {
  const text = JSON.stringify(value, (_, item: unknown) => (typeof item === "bigint" ? Number(item) : item));
  const printable = text.replace(/[\u007F-\u009F\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    character
      .split("")
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
      .join(""),
  );
  process.stdout.write(`${printable}\n`);
}
