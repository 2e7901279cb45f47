import { dirname, resolve } from "node:path";
import { z } from "zod";
import { CommandError } from "./errors.ts";
import { readInput } from "./files.ts";
import type { Job } from "./job.ts";

const DEFAULT_FILE = "bpf-codegen.config.json";

const name = z.string().min(1);

const target = z.strictObject({
  /** The compiled object, from the configuration's folder. */
  object: name,
  /** The file to write, from the configuration's folder. */
  output: name,
  name: name.optional(),
  types: z.array(name).optional(),
  events: z.record(name, name).optional(),
});

const config = z.strictObject({ $schema: z.string().optional(), targets: z.array(target).min(1) });

/**
 * The targets of a configuration file.
 *
 * @throws CommandError when it can't be read, or with the path of each field that is wrong.
 */
export async function readConfig(file: string | undefined, verify: boolean): Promise<readonly Job[]> {
  const path = file ?? DEFAULT_FILE;
  const checked = config.safeParse(parse(path, file === undefined));
  if (!checked.success) throw new CommandError(path, checked.error.issues.map(describeIssue).join("; "));
  const folder = dirname(path);
  // Paths stay as they were written where that is possible, for messages to show.
  const place = (relative: string): string => (folder === "." ? relative : resolve(folder, relative));
  return checked.data.targets.map(({ object, output, name, types = [], events = {} }) => ({
    object: place(object),
    out: place(output),
    options: { name, types, events: new Map(Object.entries(events)), json: false, verify },
  }));
}

function parse(path: string, isDefault: boolean): unknown {
  let text: string;
  try {
    text = new TextDecoder().decode(readInput(path));
  } catch (error) {
    if (!isDefault || !(error instanceof CommandError)) throw error;
    throw new CommandError(path, `${error.message}; give an object (bpf-codegen prog.bpf.o), or see --help`, {
      cause: error,
    });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CommandError(path, `not JSON: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

/** `targets[0].output: expected string, received undefined` */
function describeIssue(issue: z.core.$ZodIssue): string {
  const path = issue.path.reduce<string>(
    (text, step) => (typeof step === "number" ? `${text}[${step}]` : `${text}${text === "" ? "" : "."}${String(step)}`),
    "",
  );
  const message = issue.message.replace(/^Invalid input: /, "");
  return path === "" ? message : `${path}: ${message}`;
}
