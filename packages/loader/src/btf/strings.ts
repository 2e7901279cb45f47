import { BpfError, quoteName } from "../errors/index.ts";

const encoder = new TextEncoder();

/** The strings of a BTF that is being made, each there once. */
export class BtfStrings {
  /** Offsets by text, of which each character stands for a byte. */
  readonly #offsets = new Map<string, number>([["", 0]]);
  readonly #parts: string[] = [];
  #length: number;
  readonly #start: number;

  /** `start` is the length of the strings of the BTF that this one is split from; 0 when it stands alone. */
  constructor(start: number) {
    this.#start = start;
    this.#length = start;
    if (start === 0) this.#append("");
  }

  /** Offset of a text. */
  add(text: string): number {
    if (text.includes("\0")) {
      throw new BpfError("ERR_BPF_INVALID_ARGUMENT", `${quoteName(text)} has a NUL in it, which BTF can't hold`);
    }
    return this.#intern(isAscii(text) ? text : asCharacters(encoder.encode(text)));
  }

  /** Offset of a text given as bytes, with or without a NUL at the end, which need not be UTF-8. */
  addBytes(bytes: Uint8Array): number {
    return this.#intern(asCharacters(bytes.at(-1) === 0 ? bytes.subarray(0, -1) : bytes));
  }

  toBytes(): Uint8Array {
    const bytes = new Uint8Array(this.#length - this.#start);
    let at = 0;
    for (const part of this.#parts) {
      for (let index = 0; index < part.length; index++) bytes[at++] = part.charCodeAt(index);
      at++;
    }
    return bytes;
  }

  #intern(characters: string): number {
    return this.#offsets.get(characters) ?? this.#append(characters);
  }

  #append(characters: string): number {
    const offset = this.#length;
    this.#offsets.set(characters, offset);
    this.#parts.push(characters);
    this.#length += characters.length + 1;
    return offset;
  }
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) > 0x7f) return false;
  }
  return true;
}

/** Bytes that are made characters at once: as many as a call takes arguments. */
const PART = 4096;

function asCharacters(bytes: Uint8Array): string {
  if (bytes.length <= PART) return String.fromCharCode(...bytes);
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += PART) parts.push(String.fromCharCode(...bytes.subarray(at, at + PART)));
  return parts.join("");
}
