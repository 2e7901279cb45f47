/** What kind of section a map's initial content comes from. */
export type DataSectionKind = "data" | "rodata" | "bss" | "kconfig" | "arena";

/** A map's content as the object gives it: the bytes of a data section, or of the variables in an arena. */
export interface DataSection {
  readonly kind: DataSectionKind;
  /**
   * The one value's bytes, in the object's byte order; of an arena, those of its global variables. Of a `.bss` they are made, as
   * zeros, when asked for. Addresses (`int *pointer = &variable`) are as the
   * compiler left them: as with libbpf, data is not relocated.
   */
  content: Uint8Array;
  /** True as long as the content is zeros because nobody asked for it: there is nothing to write to the map then. */
  readonly untouched?: boolean;
}

/** A copy that shares nothing with the original. */
export function copyDataSection(section: DataSection): DataSection {
  if (section instanceof BlankSection) return section.copy();
  return { kind: section.kind, content: Uint8Array.from(section.content) };
}

/** A section of zeros, of which no byte is kept until somebody wants to write one: a `.bss` can be larger than the file. */
export class BlankSection implements DataSection {
  readonly kind: DataSectionKind;
  /** Bytes. */
  readonly size: number;
  #content: Uint8Array | undefined;

  constructor(kind: DataSectionKind, size: number) {
    this.kind = kind;
    this.size = size;
  }

  get untouched(): boolean {
    return this.#content === undefined;
  }

  get content(): Uint8Array {
    this.#content ??= new Uint8Array(this.size);
    return this.#content;
  }

  set content(content: Uint8Array) {
    this.#content = content;
  }

  copy(): BlankSection {
    const copy = new BlankSection(this.kind, this.size);
    if (this.#content !== undefined) copy.#content = Uint8Array.from(this.#content);
    return copy;
  }
}
