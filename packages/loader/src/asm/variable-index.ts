/** A variable of the program: a `VariableSpec` is such. */
export interface NamedVariable {
  readonly name: string;
  /** Its section, which is the name of the map that it is in. */
  readonly sectionName: string;
  /** Bytes from the start of the section. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
}

/** Finds variables by what lies in them. */
export class VariableIndex {
  readonly #bySection = new Map<string, NamedVariable[]>();

  constructor(variables: Iterable<NamedVariable>) {
    for (const variable of variables) {
      const section = this.#bySection.get(variable.sectionName);
      if (section === undefined) this.#bySection.set(variable.sectionName, [variable]);
      else section.push(variable);
    }
    for (const section of this.#bySection.values()) section.sort((a, b) => a.offset - b.offset);
  }

  /** The variable that a byte of a section is part of. */
  at(sectionName: string, offset: number): NamedVariable | undefined {
    const section = this.#bySection.get(sectionName) ?? [];
    let low = 0;
    let high = section.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((section[middle]?.offset ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    const variable = section[low - 1];
    return variable !== undefined && offset < variable.offset + variable.size ? variable : undefined;
  }
}
