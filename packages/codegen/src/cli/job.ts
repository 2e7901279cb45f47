import { basename } from "node:path";
import { describe, generate } from "../generate.ts";
import type { GenerateOptions } from "../generate.ts";
import type { JobOptions } from "./arguments.ts";
import { CommandError, oneLine } from "./errors.ts";
import { print, readInput, STANDARD_INPUT, writeIfChanged } from "./files.ts";

/** One object to generate code for. */
export interface Job {
  /** Path, or `-` for standard input. */
  readonly object: string;
  readonly options: JobOptions;
  /** Path; `undefined` or `-` for standard output. */
  readonly out: string | undefined;
}

/**
 * Reads an object, generates, writes.
 *
 * @throws CommandError about the object or the output; nothing is written then.
 */
export async function runJob({ object, options, out }: Job): Promise<void> {
  const bytes = readInput(object);
  const subject = object === STANDARD_INPUT ? "standard input" : object;
  let text: string;
  try {
    const { code, warnings } = makeText(bytes, object, options);
    for (const warning of warnings) await print(2, `bpf-codegen: ${oneLine(subject)}: ${oneLine(warning)}\n`);
    text = code;
  } catch (error) {
    throw new CommandError(subject, error instanceof Error ? error.message : String(error), { cause: error });
  }
  if (options.verify) {
    const { verify } = await import("./verify.ts");
    await verify(text, out ?? subject);
  }
  if (out === undefined || out === "-") {
    await print(1, text);
    return;
  }
  const changed = writeIfChanged(out, text);
  await print(2, `bpf-codegen: ${oneLine(subject)} → ${oneLine(out)}${changed ? "" : " (unchanged)"}\n`);
}

function makeText(
  bytes: Uint8Array,
  object: string,
  { name, types, events, json }: JobOptions,
): { code: string; warnings: readonly string[] } {
  const file = object === STANDARD_INPUT ? "standard input" : basename(object);
  const options: GenerateOptions = {
    file,
    name: name ?? (object === STANDARD_INPUT ? "object$" : undefined),
    types,
    events,
  };
  if (!json) return generate(bytes, options);
  const model = describe(bytes, options);
  return { code: `${JSON.stringify(model, undefined, 2)}\n`, warnings: model.warnings };
}
