import { inert } from "./terminal-text.ts";

/** The arguments make no sense: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What was asked for can't be done: exit code 1. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** An error, as the one line that goes to standard error. */
export function errorLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return `bpf: ${inert(message.replace(/\s*\n\s*/g, " "))}`;
}
