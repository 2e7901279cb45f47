import type { TypeShape } from "bpf-loader/codec";

/**
 * Tells types of the same layout and member names from others, whichever ids their BTF gave them: an object linked from
 * several files can have one C type more than once.
 */
export class TypeSignatures {
  readonly #known = new Map<TypeShape, number>();
  readonly #numbers = new Map<string, number>();

  /** A number that two types share when, and only when, they are alike. */
  of(shape: TypeShape): number {
    let number = this.#known.get(shape);
    if (number !== undefined) return number;
    // Nested types go in by their number, so that no text grows with the depth.
    const text = this.#describe(shape);
    number = this.#numbers.get(text);
    if (number === undefined) this.#numbers.set(text, (number = this.#numbers.size));
    this.#known.set(shape, number);
    return number;
  }

  #describe(shape: TypeShape): string {
    const head = `${shape.kind} ${shape.size} ${shape.align}`;
    switch (shape.kind) {
      case "struct":
      case "union": {
        const members = shape.members.map(({ name, offset, bitfield, shape: inner }) =>
          JSON.stringify([name, offset, bitfield, inner.typeName, this.of(inner)]),
        );
        return `${head} ${members.join()}`;
      }
      case "enum":
        return `${head} ${shape.signed} ${JSON.stringify(shape.values.map(({ name, value }) => [name, String(value)]))}`;
      case "array":
        return `${head} ${shape.length} ${this.of(shape.element)}`;
      case "int":
        return `${head} ${shape.signed}`;
      default:
        return head;
    }
  }
}
