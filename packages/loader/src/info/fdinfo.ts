/**
 * What /proc/self/fdinfo tells about a descriptor: it knows of maps and programs what the calls don't, and serves where they
 * can't be used. Lines are `name:\tvalue`. Source: `bpf_map_show_fdinfo()` and `bpf_prog_show_fdinfo()` of kernel/bpf/syscall.c.
 *
 * @module
 */

import { readFileSync } from "node:fs";

/** The file is some 500 bytes; more is not read. */
const MOST_CHARACTERS = 1 << 16;

/** Values by name, as text. The first of a name counts. */
export type FdInfo = ReadonlyMap<string, string>;

/** Reads it; `undefined` without /proc, or when the descriptor is not open. */
export function readFdInfo(fd: number): FdInfo | undefined {
  try {
    return parseFdInfo(readFileSync(`/proc/self/fdinfo/${fd}`, "latin1"));
  } catch {
    return undefined;
  }
}

/** Lines without a colon are left out. */
export function parseFdInfo(text: string): FdInfo {
  const values = new Map<string, string>();
  for (const line of text.slice(0, MOST_CHARACTERS).split("\n")) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    const name = line.slice(0, colon).trim();
    if (!values.has(name)) values.set(name, line.slice(colon + 1).trim());
  }
  return values;
}

/** A decimal or, with 0x, hexadecimal number of at most 64 bits; `undefined` when there is none. */
export function fdInfoNumber(info: FdInfo | undefined, name: string): bigint | undefined {
  const text = info?.get(name);
  if (text === undefined || !/^(?:\d{1,20}|0x[0-9a-f]{1,16})$/i.test(text)) return undefined;
  const value = BigInt(text);
  return value === BigInt.asUintN(64, value) ? value : undefined;
}

/** {@link fdInfoNumber} where JavaScript's numbers hold it exactly. */
export function fdInfoCount(info: FdInfo | undefined, name: string): number | undefined {
  const value = fdInfoNumber(info, name);
  return value === undefined || value > Number.MAX_SAFE_INTEGER ? undefined : Number(value);
}
