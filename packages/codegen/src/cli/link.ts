import { isatty } from "node:tty";
import { parseArgs } from "node:util";
import { linkObjects } from "bpf-loader/link-objects";
import { parseProblem } from "./arguments.ts";
import { oneLine, UsageError } from "./errors.ts";
import { print, readInput, STANDARD_INPUT, STANDARD_OUTPUT, writeIfChanged } from "./files.ts";
import { optionLines } from "./flags.ts";

const flags = {
  out: {
    type: "string",
    short: "o",
    value: "FILE",
    text: "write to FILE, if that changes it; default: standard output",
  },
  help: { type: "boolean", short: "h", text: "print this" },
} as const;

const HELP = `Usage: bpf-codegen link OBJECT... [options]

Links compiled eBPF objects (clang -target bpf -g) to one, as bpftool gen object does: what one of them declares extern
is found in another, a strong definition replaces a weak one, static functions and variables stay apart. OBJECT - is
standard input; a file that is called link is ./link to bpf-codegen.

Options:
${optionLines(flags)}

Exit codes: 0 done, 1 an object is at fault, or they don't fit together, 2 the arguments are.
`;

/**
 * The command `link`.
 *
 * @param argv what stands behind it
 * @throws UsageError when the arguments make no sense, CommandError when a file can't be read or written, ObjectFormatError when
 * objects can't be linked; nothing is written then.
 */
export async function runLink(argv: readonly string[]): Promise<void> {
  const { values, positionals } = parse(argv);
  if (values.help === true) return print(1, HELP);
  if (positionals.length === 0) {
    throw new UsageError("link needs objects: bpf-codegen link a.bpf.o b.bpf.o -o out.bpf.o");
  }
  if (positionals.filter((path) => path === STANDARD_INPUT).length > 1) {
    throw new UsageError("standard input can be one of the objects only");
  }
  const { out = STANDARD_OUTPUT } = values;
  if (out === STANDARD_OUTPUT && isatty(1)) {
    throw new UsageError("an object is nothing for a terminal: give -o FILE, or redirect the output");
  }
  const names = positionals.map((path) => (path === STANDARD_INPUT ? "standard input" : path));
  const bytes = linkObjects(positionals.map((path, index) => ({ name: names[index] ?? path, bytes: readInput(path) })));
  if (out === STANDARD_OUTPUT) return print(1, bytes);
  const changed = writeIfChanged(out, bytes);
  await print(2, `bpf-codegen: ${oneLine(names.join(", "))} → ${oneLine(out)}${changed ? "" : " (unchanged)"}\n`);
}

function parse(argv: readonly string[]): ReturnType<typeof parseFlags> {
  try {
    return parseFlags(argv);
  } catch (error) {
    throw parseProblem(error);
  }
}

// Its type is worked out from the table, one property for each flag.
function parseFlags(argv: readonly string[]) {
  return parseArgs({ args: [...argv], options: flags, allowPositionals: true, strict: true });
}
