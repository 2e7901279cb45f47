import type { Terminal } from "./terminal.ts";
import { CUT, cutTo, inert, widthOf, wrap } from "./terminal-text.ts";

/** A column of a table. */
export interface Column<Row> {
  readonly title: string;
  /** Numbers are easier to compare when they end below each other. */
  readonly align?: "left" | "right";
  /** May be cut when the table is wider than the terminal; others are only when nothing else helps. */
  readonly flexible?: boolean;
  readonly cell: (row: Row) => string | number | bigint | undefined;
}

const GAP = "  ";
/** What remains of a flexible column. */
const LEAST_WIDTH = 8;
const NOTHING = "-";

/** A table as lines, each ended. It fits the terminal; what is cut ends in `…`. */
export function tableText<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { width, bold }: Pick<Terminal, "width" | "bold">,
): string {
  const cells = rows.map((row) => columns.map(({ cell }) => inert(String(cell(row) ?? NOTHING))));
  const natural = columns.map(({ title }, at) =>
    cells.reduce((most, line) => Math.max(most, widthOf(line[at] ?? "")), widthOf(title)),
  );
  const widths = fit(columns, natural, width);
  const line = (texts: readonly string[]): string => {
    const padded = texts.map((text, at) => pad(text, widths[at] ?? 0, columns[at]?.align ?? "left"));
    const joined = padded.join(GAP).trimEnd();
    return width === undefined ? joined : cutTo(joined, width);
  };
  const header = bold(line(columns.map(({ title }) => title)));
  return [header, ...cells.map(line)].map((text) => `${text}\n`).join("");
}

/** Widths of the columns: the widest flexible one gives way first. */
function fit<Row>(
  columns: readonly Column<Row>[],
  natural: readonly number[],
  width: number | undefined,
): readonly number[] {
  const widths = [...natural];
  if (width === undefined) return widths;
  let excess = widths.reduce((sum, each) => sum + each, (widths.length - 1) * GAP.length) - width;
  for (; excess > 0; excess--) {
    let widest: number | undefined;
    for (const [at, { flexible }] of columns.entries()) {
      const own = widths[at] ?? 0;
      if (flexible === true && own > LEAST_WIDTH && own > (widest === undefined ? 0 : (widths[widest] ?? 0)))
        widest = at;
    }
    if (widest === undefined) return widths;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

function pad(text: string, width: number, align: "left" | "right"): string {
  const cut = cutTo(text, Math.max(width, widthOf(CUT)));
  const space = " ".repeat(Math.max(0, width - widthOf(cut)));
  return align === "right" ? space + cut : cut + space;
}

/** Names and values below each other, the values wrapped where they are too long for the terminal. */
export function fieldsText(
  fields: readonly (readonly [name: string, value: string | number | bigint | undefined])[],
  { width, bold }: Pick<Terminal, "width" | "bold">,
): string {
  const present = fields.filter(([, value]) => value !== undefined && value !== "");
  const left = present.reduce((most, [name]) => Math.max(most, widthOf(name)), 0) + GAP.length;
  return present
    .map(([name, value]) => {
      const room = width === undefined ? Infinity : Math.max(LEAST_WIDTH, width - left);
      const lines = wrap(inert(String(value)), room);
      return `${bold(name)}${" ".repeat(left - widthOf(name))}${lines.join(`\n${" ".repeat(left)}`)}\n`;
    })
    .join("");
}
