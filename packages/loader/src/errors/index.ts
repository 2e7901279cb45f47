/**
 * The error hierarchy. It is the lowest layer: every other folder throws from it, and it imports nothing,
 * so that objects can be read in a browser.
 *
 * @module
 */

/** Stable names of what went wrong. Match on these, never on messages. */
export type BpfErrorCode =
  | "ERR_BPF_SYSCALL"
  | "ERR_BPF_OBJECT_FORMAT"
  | "ERR_BPF_VERIFIER"
  | "ERR_BPF_NOT_SUPPORTED"
  | "ERR_BPF_INCOMPATIBLE_MAP"
  | "ERR_BPF_MISSING_CAPABILITY"
  | "ERR_BPF_CO_RE"
  | "ERR_BPF_NOT_FOUND"
  | "ERR_BPF_INVALID_ARGUMENT"
  | "ERR_BPF_VALUE"
  | "ERR_BPF_CLOSED"
  | "ERR_BPF_ITERATION"
  | "ERR_BPF_ADDON";

/** Base of every error that this package throws on purpose. */
export class BpfError extends Error {
  /** Stable string to match on. */
  readonly code: BpfErrorCode;

  constructor(code: BpfErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.name = new.target.name;
  }
}

/** A system call failed. */
export class SyscallError extends BpfError {
  /** Symbolic error number: `"EPERM"`. */
  readonly errno: string;
  /** Command, as the kernel names it: `"BPF_MAP_CREATE"`. */
  readonly command: string;
  /** What the command was for: `"map flows"`. */
  readonly object: string;

  constructor(errno: string, command: string, object: string, message: string, options?: ErrorOptions) {
    super("ERR_BPF_SYSCALL", message, options);
    this.errno = errno;
    this.command = command;
    this.object = object;
  }
}

/** A system call failed in the middle of many entries. */
export class BatchError extends SyscallError {
  /** Entries that were written or deleted before, and stay so. */
  readonly done: number;

  constructor(cause: SyscallError, done: number) {
    const { errno, command, object, message } = cause;
    super(errno, command, object, `${message}; ${done} entries were done before`, { cause });
    this.done = done;
  }
}

/** Bytes that are not what their format says: ELF, BTF, relocations, instructions. */
export class ObjectFormatError extends BpfError {
  /** Section in which it was found, when known. */
  readonly section: string | undefined;
  /** Offset in bytes from the start of the section, or of the file when there is no section. */
  readonly offset: number | undefined;

  constructor(message: string, where: { section?: string; offset?: number } = {}, options?: ErrorOptions) {
    const place = [
      ...(where.section === undefined ? [] : [`section ${quoteName(where.section)}`]),
      ...(where.offset === undefined ? [] : [`offset ${where.offset}`]),
    ].join(", ");
    super("ERR_BPF_OBJECT_FORMAT", place === "" ? message : `${message} (${place})`, options);
    this.section = where.section;
    this.offset = where.offset;
  }
}

/** The kernel's verifier refused a program. */
export class VerifierError extends BpfError {
  /** Name of the program. */
  readonly program: string;
  /** The whole log, a line each. */
  readonly log: readonly string[];
  /** True when the log did not fit into the largest buffer that was tried. */
  readonly truncated: boolean;

  constructor(program: string, log: readonly string[], truncated: boolean, message: string, options?: ErrorOptions) {
    super("ERR_BPF_VERIFIER", message, options);
    this.program = program;
    this.log = log;
    this.truncated = truncated;
  }
}

/** The running kernel lacks a feature. */
export class NotSupportedError extends BpfError {
  /** What is lacking: `"tcx links"`. */
  readonly feature: string;
  /** First kernel release that has it: `"6.6"`; `undefined` where it is a matter of configuration. */
  readonly since: string | undefined;

  constructor(feature: string, since: string | undefined, message: string, options?: ErrorOptions) {
    super("ERR_BPF_NOT_SUPPORTED", message, options);
    this.feature = feature;
    this.since = since;
  }
}

/** A map does not have the shape that is wanted: one that was given in place of another, is pinned by its name, or was opened. */
export class IncompatibleMapError extends BpfError {
  /** Every difference: `"key size 4, wanted 8"`. */
  readonly differences: readonly string[];

  constructor(map: string, differences: readonly string[], verdict = "is not compatible") {
    super("ERR_BPF_INCOMPATIBLE_MAP", `map ${quoteName(map)} ${verdict}: ${differences.join("; ")}`);
    this.differences = differences;
  }
}

/** The caller lacks a privilege. */
export class MissingCapabilityError extends BpfError {
  /** `"CAP_BPF"`, `"lockdown"`, `"RLIMIT_MEMLOCK"` … */
  readonly missing: string;

  constructor(missing: string, message: string, options?: ErrorOptions) {
    super("ERR_BPF_MISSING_CAPABILITY", message, options);
    this.missing = missing;
  }
}

const QUOTED_NAME_LIMIT = 128;
const QUOTED_DECLARATION_LIMIT = 512;

/** Control and format characters, line and paragraph separators: what steers a terminal, ends a line or hides in it. */
const UNFIT_FOR_TERMINALS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * A name from an object file as it may appear in a message: in double quotes, control characters and
 * everything that could steer a terminal escaped, at most 128 characters.
 */
export function quoteName(name: string): string {
  return quote(name, QUOTED_NAME_LIMIT);
}

/** A declaration in C as it may appear in a message: as {@link quoteName}, at most 512 characters. */
export function quoteDeclaration(declaration: string): string {
  return quote(declaration, QUOTED_DECLARATION_LIMIT);
}

function quote(text: string, limit: number): string {
  const shown = text.length > limit ? `${text.slice(0, limit)}…` : text;
  return JSON.stringify(shown).replace(UNFIT_FOR_TERMINALS, (character) =>
    // One or two: those beyond 16 bits are two of them.
    Array.from({ length: character.length }, (_, index) => escapedUnit(character.charCodeAt(index))).join(""),
  );
}

function escapedUnit(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, "0")}`;
}
