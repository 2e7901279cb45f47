import { parseArgs } from "node:util";
import { UsageError } from "./errors.ts";
import { flags } from "./flags.ts";

/** What the command was asked to do. */
export type Request =
  | { readonly action: "help" }
  | { readonly action: "version" }
  | {
      readonly action: "object";
      readonly object: string;
      readonly options: JobOptions;
      readonly out: string | undefined;
    }
  | { readonly action: "config"; readonly file: string | undefined; readonly verify: boolean };

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
  const [object, ...others] = positionals;
  if (others.length > 0) throw new UsageError("one object at a time; bpf-codegen.config.json can list several");
  const types = values.type ?? [];
  const events = readEvents(values.event ?? []);
  const verify = values.verify === true;
  const json = values.json === true;
  if (object === undefined) {
    const stray = (["out", "name", "type", "event", "json"] as const).find((name) => values[name] !== undefined);
    if (stray !== undefined) throw new UsageError(`--${stray} needs an object: bpf-codegen prog.bpf.o --${stray} …`);
    return { action: "config", file: values.config, verify };
  }
  if (values.config !== undefined) throw new UsageError("give an object or --config, not both");
  if (json && verify) throw new UsageError("--verify checks TypeScript: leave out --json");
  return { action: "object", object, options: { name: values.name, types, events, json, verify }, out: values.out };
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
