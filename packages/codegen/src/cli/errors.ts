/** The arguments make no sense: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What was asked for can't be done: exit code 1. `subject` is the file it is about. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly subject: string | undefined;
  /** Lines that show the place in the C source. */
  readonly frame: string | undefined;

  constructor(
    subject: string | undefined,
    message: string,
    options: ErrorOptions & { readonly frame?: string | undefined } = {},
  ) {
    super(message, options);
    this.subject = subject;
    this.frame = options.frame;
  }
}

/** An error, or several, as the line that goes to standard error, and those that show its place in the C source. */
export function errorLine(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(errorLine).join("\n");
  const { subject, frame } = error instanceof CommandError ? error : {};
  const message = error instanceof Error ? error.message : String(error);
  const line = `bpf-codegen: ${subject === undefined ? "" : `${oneLine(subject)}: `}${oneLine(message)}`;
  return frame === undefined ? line : `${line}\n${frame}`;
}

/** Text without anything that could steer a terminal or start a line. */
export function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, " ").replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (character) => {
    const hex = (character.codePointAt(0) ?? 0).toString(16);
    return `\\u${hex.length <= 4 ? hex.padStart(4, "0") : `{${hex}}`}`;
  });
}

/** Why a call to the file system failed, in words; the path is said elsewhere. */
export function fileProblem(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return fileProblems.get(code) ?? (error instanceof Error ? error.message : String(error));
}

const fileProblems: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "no such file"],
  ["ENOTDIR", "a part of the path is not a directory"],
  ["EISDIR", "is a directory, not a file"],
  ["EEXIST", "is there, and is no directory"],
  ["EACCES", "permission denied"],
  ["EPERM", "not permitted"],
  ["ELOOP", "too many symbolic links"],
  ["ENAMETOOLONG", "the name is too long"],
  ["ENOSPC", "no space left on the device"],
  ["EROFS", "the file system is read-only"],
  ["ENODEV", "not a file that can be read"],
  ["ERR_FS_FILE_TOO_LARGE", "larger than 2 GiB"],
]);
