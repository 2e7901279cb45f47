/** A function and a distance from its start. */
export interface FunctionTarget {
  readonly symbol: string;
  /** Bytes; 0 when none was given. */
  readonly offset: number;
}

/** A function in a file. */
export interface FileTarget extends FunctionTarget {
  /** Path, or a name to be searched. */
  readonly path: string;
}

/** `"do_unlinkat"`, `"do_unlinkat+0x10"`: what libbpf takes behind `kprobe/`. Undefined for anything else. */
export function parseKernelTarget(text: string): FunctionTarget | undefined {
  const [, symbol, offset] = /^([A-Za-z0-9_.]+)(?:\+(\w+))?$/.exec(text) ?? [];
  if (symbol === undefined) return undefined;
  const distance = offset === undefined ? 0 : parseInteger(offset);
  return distance === undefined ? undefined : { symbol, offset: distance };
}

/**
 * `"/usr/bin/bash:readline"`, `"libc.so.6:malloc+4"`: what libbpf takes behind `uprobe/`. An offset is one only at the end
 * and when it is a number, since names in C++ have `+` too. Undefined for anything else.
 */
export function parseFileTarget(text: string): FileTarget | undefined {
  const colon = text.indexOf(":");
  if (colon < 1 || colon === text.length - 1) return undefined;
  const path = text.slice(0, colon);
  const target = text.slice(colon + 1);
  const plus = target.lastIndexOf("+");
  const offset = plus < 1 ? undefined : parseInteger(target.slice(plus + 1));
  return offset === undefined ? { path, symbol: target, offset: 0 } : { path, symbol: target.slice(0, plus), offset };
}

/** As C's `%li` reads: hexadecimal with `0x`, octal with `0`, else decimal. */
function parseInteger(text: string): number | undefined {
  let value: number;
  if (/^0x[0-9a-f]+$/i.test(text)) value = Number.parseInt(text, 16);
  else if (/^0[0-7]*$/.test(text)) value = Number.parseInt(text, 8);
  else if (/^[1-9][0-9]*$/.test(text)) value = Number.parseInt(text, 10);
  else return undefined;
  return Number.isSafeInteger(value) ? value : undefined;
}
