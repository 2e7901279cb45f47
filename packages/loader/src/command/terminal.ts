import { styleText } from "node:util";

/** Where text goes. */
export interface Terminal {
  /** Columns; `undefined` where output is not read on a terminal, and nothing is cut. */
  readonly width: number | undefined;
  /** Lines; `undefined` as {@link width}. */
  readonly height: number | undefined;
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
}

/** Standard output. Styles only on a terminal, and not with $NO_COLOR or $TERM=dumb. */
export function standardOutput(environment: NodeJS.ProcessEnv): Terminal {
  const { isTTY, columns, rows } = process.stdout;
  const plain = !isTTY || (environment["NO_COLOR"] ?? "") !== "" || environment["TERM"] === "dumb";
  const style = (format: "bold" | "dim") => (text: string) => (plain || text === "" ? text : styleText(format, text));
  return {
    width: isTTY && columns > 0 ? columns : undefined,
    height: isTTY && rows > 0 ? rows : undefined,
    bold: style("bold"),
    dim: style("dim"),
  };
}
