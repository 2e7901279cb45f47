import { BpfError, quoteName } from "../errors/index.ts";

/** One step to a value: a field's name, or an index. */
export type PathSegment = string | number;

/**
 * A value that its C type can't hold, or bytes that the JavaScript type can't.
 *
 * The message starts with the path: `field flows.saddr: 4294967296 does not fit __u32 (0 … 4294967295)`.
 */
export class CodecError extends BpfError {
  /** Steps from the outermost value to the wrong one; empty when the outermost value itself is wrong. */
  readonly path: readonly PathSegment[];
  /** What is wrong, without the path. */
  readonly problem: string;

  constructor(path: readonly PathSegment[], problem: string) {
    super("ERR_BPF_VALUE", path.length === 0 ? problem : `field ${formatPath(path)}: ${problem}`);
    this.path = path;
    this.problem = problem;
  }
}

/**
 * The error to throw for a value of a leaf type. `field` is empty for a value that is not a field; those that contain
 * it add their step with {@link within}, so that a value that is right pays nothing for the path.
 */
export function codecError(field: PathSegment, problem: string): CodecError {
  return new CodecError(field === "" ? [] : [field], problem);
}

/** `error` with one more step in front of its path; anything but a {@link CodecError} as it is. */
export function within(segment: PathSegment, error: unknown): unknown {
  return error instanceof CodecError ? new CodecError([segment, ...error.path], error.problem) : error;
}

function formatPath(path: readonly PathSegment[]): string {
  let text = "";
  for (const segment of path) {
    if (typeof segment === "number") text += `[${segment}]`;
    else if (!/^[A-Za-z_$][\w$]{0,127}$/.test(segment)) text += `[${quoteName(segment)}]`;
    else text += text === "" ? segment : `.${segment}`;
  }
  return text;
}

/** A C type's or member's name as a message shows it: quoted and escaped only when it is not what C would allow. */
export function showName(name: string): string {
  return /^[\w .,*()[\]{}]{1,128}$/.test(name) ? name : quoteName(name);
}

/** A wrong value as a message shows it. Runs no code of the value: no `toString`, no getter. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "bigint":
      // Printing one takes time with the square of its length.
      return BigInt.asIntN(256, value) === value ? `${value}n` : "a bigint of more than 256 bits";
    case "string":
      return value.length > 64 ? `${quoteName(value.slice(0, 48))} (a string of ${value.length})` : quoteName(value);
    case "boolean":
    case "undefined":
      return String(value);
    case "symbol":
    case "function":
      return `a ${typeof value}`;
    default:
      if (value === null) return "null";
      if (Array.isArray(value)) return `an array of ${value.length}`;
      return ArrayBuffer.isView(value) ? `a view of ${value.byteLength} bytes` : "an object";
  }
}
