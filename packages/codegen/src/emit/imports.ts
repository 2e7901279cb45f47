import type CodeBlockWriter from "code-block-writer";
import type { RuntimeName } from "../model/runtime-names.ts";
import { braces, prefixed, suffixed, writeCode } from "./layout.ts";

/** Where generated code gets everything that does something. */
const RUNTIME_MODULE = "bpf-loader/codegen-runtime/v1";

/** What generated code imports: asked for while it is printed, printed in front of it. */
export class Imports {
  readonly #values = new Set<string>();
  readonly #types = new Set<string>();

  /** A function or constant of the runtime. */
  value(name: RuntimeName): string {
    this.#values.add(name);
    return name;
  }

  /** A type of the runtime. */
  type(name: RuntimeName): string {
    this.#types.add(name);
    return name;
  }

  /** A program's tag: its type, or the function that makes one; these names come from the table of tags. */
  tag(kind: "type" | "value", name: string): string {
    (kind === "type" ? this.#types : this.#values).add(name);
    return name;
  }

  print(writer: CodeBlockWriter): void {
    for (const [keyword, names] of [
      // The import of a value brings the type of its name.
      ["import type ", [...this.#types].filter((name) => !this.#values.has(name))],
      ["import ", [...this.#values]],
    ] satisfies [string, string[]][])
      if (names.length > 0) {
        const from = ` from "${RUNTIME_MODULE}"`;
        writeCode(writer, suffixed(prefixed(keyword, braces(names.sort(byLetter))), from), ";");
      }
  }
}

/** Without regard to case, and the capital first where only that differs: as a person sorts. */
export function byLetter(a: string, b: string): number {
  const [x, y] = [a.toLowerCase(), b.toLowerCase()];
  return x < y ? -1 : x > y ? 1 : a < b ? -1 : a > b ? 1 : 0;
}
