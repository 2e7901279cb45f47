/** Names that are in use at one place, and the way out when two things want the same one. */
export class NameScope {
  readonly #reserved: ReadonlySet<string>;
  readonly #taken = new Set<string>();
  /** How far the numbers behind each name have come. */
  readonly #counts = new Map<string, number>();

  /** @param reserved names that mean something else there: `class`, `DataView` */
  constructor(reserved: ReadonlySet<string> = new Set()) {
    this.#reserved = reserved;
  }

  /**
   * The name itself when it is free, otherwise with `$1`, `$2` … at its end. A reserved name gets `$`.
   * The same names asked for in the same order give the same answers.
   */
  take(wanted: string): string {
    const base = this.#reserved.has(wanted) ? `${wanted}$` : wanted;
    const separator = base.endsWith("$") ? "" : "$";
    let count = this.#counts.get(base) ?? 0;
    let name = base;
    while (this.#taken.has(name)) name = `${base}${separator}${++count}`;
    this.#counts.set(base, count);
    this.#taken.add(name);
    return name;
  }

  /**
   * Names for several things at once: those that are called in C as they want to be here come first, then the others in the
   * given order, so that `fooBar` keeps its name whether or not there is a `foo_bar`.
   *
   * @param style makes an identifier of a C name
   * @returns as many names, in the order of `cNames`
   */
  takeAll(cNames: readonly string[], style: (name: string) => string): string[] {
    const wanted = cNames.map(style);
    const taken: string[] = [];
    for (const exact of [true, false])
      for (const [index, name] of wanted.entries())
        if ((name === cNames[index]) === exact) taken[index] = this.take(name);
    return taken;
  }
}
