import { basename } from "node:path";
import { describe, generate } from "../generate.ts";
import type { GenerateOptions } from "../generate.ts";
import type { JobOptions } from "./arguments.ts";
import { codeFrame } from "./code-frame.ts";
import { CommandError } from "./errors.ts";
import { readInput, STANDARD_INPUT } from "./files.ts";

/** One object to generate code for. */
export interface Job {
  /** Path, or `-` for standard input. */
  readonly input: string;
  readonly options: JobOptions;
  /** Path; `undefined` or `-` for standard output. */
  readonly out: string | undefined;
}

/** What a job makes, before any of it is written. */
export interface Made {
  /** What it is made from, for messages. */
  readonly subject: string;
  readonly files: readonly MadeFile[];
  /** What could not be said in TypeScript, a sentence each. */
  readonly warnings: readonly string[];
}

/** A file that is to be. */
export interface MadeFile {
  /** `undefined` is standard output. */
  readonly path: string | undefined;
  readonly content: string;
}

/** The files that a job depends on, standard input left out. */
export function jobInputs({ input }: Job): readonly string[] {
  return input === STANDARD_INPUT ? [] : [input];
}

/**
 * Reads an object and generates; writes nothing.
 *
 * @throws CommandError about the object.
 */
export async function make({ input, options, out }: Job): Promise<Made> {
  const bytes = readInput(input);
  const subject = input === STANDARD_INPUT ? "standard input" : input;
  let text: { readonly code: string; readonly warnings: readonly string[] };
  try {
    text = makeText(bytes, input, options);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new CommandError(subject, message, { cause: error, frame: codeFrame(bytes, error) });
  }
  if (options.verify) {
    const { verify } = await import("./verify.ts");
    await verify(text.code, out ?? subject);
  }
  const path = out === "-" ? undefined : out;
  return { subject, files: [{ path, content: text.code }], warnings: text.warnings };
}

function makeText(
  bytes: Uint8Array,
  input: string,
  { name, types, events, json }: JobOptions,
): { code: string; warnings: readonly string[] } {
  const file = input === STANDARD_INPUT ? "standard input" : basename(input);
  const options: GenerateOptions = {
    file,
    name: name ?? (input === STANDARD_INPUT ? "object$" : undefined),
    types,
    events,
  };
  if (!json) return generate(bytes, options);
  const model = describe(bytes, options);
  return { code: `${JSON.stringify(model, undefined, 2)}\n`, warnings: model.warnings };
}
