/**
 * What lies at an address of the kernel.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { MissingCapabilityError } from "../errors/index.ts";

/** A function of the kernel, and where in it an address is. */
export interface KernelSymbol {
  readonly name: string;
  /** Bytes from the start of the function. */
  readonly offset: number;
  /** Module that it is of: `"nf_tables"`, `"bpf"` for loaded programs; `undefined` for the kernel itself. */
  readonly module: string | undefined;
}

const NEWLINE = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;

/** More lines than any kernel has: what would be kept of them is 32 MiB and the text. */
const MOST_SYMBOLS = 1 << 21;

/**
 * The functions of the kernel, its modules and loaded BPF programs by address, as /proc/kallsyms had them at one time. Holds the
 * file's text, some 10 MB, and 12 bytes for each function.
 */
export class KernelSymbols {
  readonly #text: Buffer;
  /** Sorted. */
  readonly #addresses: BigUint64Array;
  /** Where in the text the line of each is. */
  readonly #lines: Uint32Array;

  private constructor(text: Buffer, addresses: BigUint64Array, lines: Uint32Array) {
    this.#text = text;
    this.#addresses = addresses;
    this.#lines = lines;
  }

  /**
   * Reads /proc/kallsyms: some 0.2 s.
   *
   * @throws MissingCapabilityError when the kernel shows no addresses to this process
   */
  static read(): KernelSymbols {
    return KernelSymbols.parse(readFileSync("/proc/kallsyms"));
  }

  /**
   * The symbols of a text in the format of /proc/kallsyms: `ffffffff81000000 T _text`, behind which a tab and `[module]` may stand.
   *
   * @throws MissingCapabilityError when all addresses in it are 0
   */
  static parse(text: Buffer): KernelSymbols {
    const found: { address: bigint; line: number }[] = [];
    let seen = 0;
    for (let line = 0; line < text.length && seen < MOST_SYMBOLS; seen++) {
      const end = text.indexOf(NEWLINE, line);
      const address = functionAt(text, line);
      if (address !== undefined && address !== 0n) found.push({ address, line });
      line = end < 0 ? text.length : end + 1;
    }
    if (found.length === 0 && seen > 0) {
      throw new MissingCapabilityError(
        "CAP_SYSLOG",
        "/proc/kallsyms shows no addresses to this process; it needs CAP_SYSLOG, or kernel.kptr_restrict = 0",
      );
    }
    // Modules come behind the kernel, in no order. The first name of an address stays the first.
    found.sort((left, right) => (left.address < right.address ? -1 : left.address > right.address ? 1 : 0));
    const addresses = BigUint64Array.from(found, ({ address }) => address);
    return new KernelSymbols(
      text,
      addresses,
      Uint32Array.from(found, ({ line }) => line),
    );
  }

  /** Functions that are known. */
  get size(): number {
    return this.#addresses.length;
  }

  /** Where the kernel has a symbol of this name, the first of them; `undefined` when it has none, or does not show where. */
  address(name: string): bigint | undefined {
    const end = this.#text.indexOf(` ${name}\n`);
    if (end < 0) return undefined;
    const line = this.#text.lastIndexOf(NEWLINE, end) + 1;
    const address = /^[0-9a-f]{1,16}(?= )/.exec(this.#text.toString("latin1", line, end))?.[0];
    return address === undefined || /^0+$/.test(address) ? undefined : BigInt(`0x${address}`);
  }

  /** The function that an address is in, or behind the start of; `undefined` for one below all of them, of user space for instance. */
  find(address: bigint): KernelSymbol | undefined {
    let low = 0;
    let high = this.#addresses.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      // Inside of the array.
      if ((this.#addresses[middle] ?? 0n) <= address) low = middle + 1;
      else high = middle;
    }
    const start = this.#addresses[low - 1];
    if (start === undefined) return undefined;
    // Several names may have the address; the first is the one that the kernel itself shows.
    let first = low - 1;
    while (first > 0 && this.#addresses[first - 1] === start) first--;
    const line = this.#lines[first] ?? 0;
    const { name, module } = nameAt(this.#text, line);
    return { name, offset: Number(address - start), module };
  }
}

/** The address in a line that names a function: its letter is one of `t T w W`. */
function functionAt(text: Buffer, line: number): bigint | undefined {
  let at = line;
  let high = 0;
  let low = 0;
  for (; at < line + 16; at++) {
    const digit = hexDigit(text[at] ?? 0);
    if (digit === undefined) break;
    high = ((high << 4) | (low >>> 28)) >>> 0;
    low = ((low << 4) | digit) >>> 0;
  }
  if (at === line || text[at] !== SPACE) return undefined;
  const letter = (text[at + 1] ?? 0) | 0x20;
  if (letter !== 0x74 && letter !== 0x77) return undefined;
  return (BigInt(high) << 32n) | BigInt(low);
}

function hexDigit(code: number): number | undefined {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : undefined;
}

function nameAt(text: Buffer, line: number): Pick<KernelSymbol, "name" | "module"> {
  // Behind the address and the letter.
  const start = text.indexOf(SPACE, line) + 3;
  const newline = text.indexOf(NEWLINE, start);
  const end = newline < 0 ? text.length : newline;
  const tab = text.subarray(start, end).indexOf(TAB);
  const name = text.toString("latin1", start, tab < 0 ? end : start + tab);
  if (tab < 0) return { name, module: undefined };
  return { name, module: /\[(.*)\]/.exec(text.toString("latin1", start + tab, end))?.[1] };
}
