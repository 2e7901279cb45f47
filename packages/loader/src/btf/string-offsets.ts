import type { Btf } from "./btf.ts";

/** Finds the strings of a BTF by their text. */
export class StringOffsets {
  readonly #btf: Btf;
  /** Of whole strings; made with the first question. */
  #offsets: Map<string, number> | undefined;

  constructor(btf: Btf) {
    this.#btf = btf;
  }

  /** Offset of a string; `undefined` when it is not there. */
  find(text: string): number | undefined {
    if (text === "") return 0;
    this.#offsets ??= allStrings(this.#btf);
    return this.#offsets.get(text) ?? this.#findTail(text);
  }

  /** Linkers share strings that are the ends of others. */
  #findTail(text: string): number | undefined {
    const bytes = new TextEncoder().encode(text).length;
    for (const [whole, offset] of this.#offsets ?? []) {
      if (whole.endsWith(text)) return offset + new TextEncoder().encode(whole).length - bytes;
    }
    return undefined;
  }
}

function allStrings(btf: Btf): Map<string, number> {
  const offsets = btf.base === undefined ? new Map<string, number>() : allStrings(btf.base);
  for (let offset = btf.base?.stringsEnd ?? 0; offset < btf.stringsEnd;) {
    const text = btf.string(offset);
    if (!offsets.has(text)) offsets.set(text, offset);
    offset += btf.stringBytes(offset).length;
  }
  return offsets;
}
