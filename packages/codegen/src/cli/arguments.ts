import { parseArgs } from "node:util";
import { UsageError } from "./errors.ts";
import { STANDARD_INPUT } from "./files.ts";
import { flags } from "./flags.ts";
import type { Job } from "./job.ts";

/** What the command was asked to do. */
export type Request = { readonly action: "help" } | { readonly action: "version" } | RunRequest;

/** Generating, and what to do with the result. */
export interface RunRequest {
  readonly action: "write" | "check" | "watch";
  /** The one that the arguments describe; `undefined` when a configuration file does. */
  readonly job: Job | undefined;
  /** Path of the configuration file, when it was given. */
  readonly config: string | undefined;
  readonly verify: boolean;
}

/** Options of one object. */
export interface JobOptions {
  readonly name: string | undefined;
  readonly types: readonly string[];
  /** Name of a map → C type of its records. */
  readonly events: ReadonlyMap<string, string>;
  readonly json: boolean;
  readonly verify: boolean;
}

/**
 * The arguments behind `bpf-codegen`, understood.
 *
 * @throws UsageError when they make no sense.
 */
export function readArguments(argv: readonly string[]): Request {
  const { values, positionals } = parse(argv);
  if (values.help === true) return { action: "help" };
  if (values.version === true) return { action: "version" };
  if (values.check === true && values.watch === true) throw new UsageError("--check or --watch, not both");
  const action = values.check === true ? "check" : values.watch === true ? "watch" : "write";
  const verify = values.verify === true;
  const job = readJob(values, positionals);
  if (job === undefined) return { action, job, config: values.config, verify };
  if (values.config !== undefined) throw new UsageError("give an object or --config, not both");
  if (action === "check" && (job.out === undefined || job.out === STANDARD_OUTPUT))
    throw new UsageError("--check compares with a file: say which with -o FILE");
  if (action === "watch" && job.input === STANDARD_INPUT)
    throw new UsageError("--watch needs a file, not standard input");
  return { action, job, config: undefined, verify };
}

const STANDARD_OUTPUT = "-";

/** `undefined` when no object is given, and so a configuration file says what to do. */
function readJob(values: ReturnType<typeof parseFlags>["values"], positionals: readonly string[]): Job | undefined {
  const [input, ...others] = positionals;
  if (others.length > 0) throw new UsageError("one object at a time; bpf-codegen.config.ts can list several");
  if (input === undefined) {
    const stray = (["out", "name", "type", "event", "json"] as const).find((name) => values[name] !== undefined);
    if (stray !== undefined) throw new UsageError(`--${stray} needs an object: bpf-codegen prog.bpf.o --${stray} …`);
    return undefined;
  }
  const verify = values.verify === true;
  const json = values.json === true;
  if (json && verify) throw new UsageError("--verify checks TypeScript: leave out --json");
  const events = readEvents(values.event ?? []);
  return { input, out: values.out, options: { name: values.name, types: values.type ?? [], events, json, verify } };
}

function parse(argv: readonly string[]): ReturnType<typeof parseFlags> {
  try {
    return parseFlags(argv);
  } catch (error) {
    throw parseProblem(error);
  }
}

/** What parseArgs has to say. It explains how to escape a dash over several sentences; the first says what is wrong. */
export function parseProblem(error: unknown): UsageError {
  const message = error instanceof Error ? error.message : String(error);
  return new UsageError(message.split(/\.\s|\n/, 1)[0] ?? message);
}

// Its type is worked out from the table, one property for each flag.
function parseFlags(argv: readonly string[]) {
  return parseArgs({ args: [...argv], options: flags, allowPositionals: true, strict: true });
}

function readEvents(given: readonly string[]): Map<string, string> {
  const events = new Map<string, string>();
  for (const event of given) {
    const at = event.indexOf("=");
    const map = event.slice(0, at);
    const type = event.slice(at + 1);
    if (at <= 0 || type === "") throw new UsageError(`--event ${event}: expected MAP=TYPE, as in --event events=event`);
    if (events.has(map)) throw new UsageError(`--event ${map}=…: given twice`);
    events.set(map, type);
  }
  return events;
}
