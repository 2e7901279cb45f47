import { parseArgs } from "node:util";
import type { Btf } from "bpf-loader/btf";
import type { TypeId } from "bpf-loader/btf";
import { findTypes } from "../model/find-type.ts";
import { parseProblem } from "./arguments.ts";
import { CommandError, oneLine, UsageError } from "./errors.ts";
import { print, STANDARD_OUTPUT, writeIfChanged } from "./files.ts";
import { optionLines } from "./flags.ts";
import { KERNEL_BTF, readBtf } from "./kernel-btf.ts";

const flags = {
  btf: {
    type: "string",
    value: "FILE",
    text: `types to print: BTF, or an ELF file that has it; default: ${KERNEL_BTF}`,
  },
  base: { type: "string", value: "FILE", text: `BTF that FILE of --btf is on top of: a module's on ${KERNEL_BTF}` },
  out: {
    type: "string",
    short: "o",
    value: "FILE",
    text: "write to FILE, if that changes it; default: standard output",
  },
  help: { type: "boolean", short: "h", text: "print this" },
} as const;

const HELP = `Usage: bpf-codegen vmlinux [TYPE...] [options]

Prints the kernel's types as a C header, as bpftool btf dump does: what vmlinux.h is. With names of types (task_struct,
"struct file"), only these and what they need.

Options:
${optionLines(flags)}

Exit codes: 0 done, 1 there are no types, or not the ones that were asked for, 2 the arguments are at fault.
`;

/**
 * The command `vmlinux`.
 *
 * @param argv what stands behind it
 * @throws UsageError when the arguments make no sense, CommandError when a file can't be read or written.
 */
export async function runVmlinux(argv: readonly string[]): Promise<void> {
  const { values, positionals } = parse(argv);
  if (values.help === true) return print(1, HELP);
  const { btf: file = KERNEL_BTF, base: baseFile, out = STANDARD_OUTPUT } = values;
  const base = baseFile === undefined ? undefined : readBtf(baseFile, undefined);
  const btf = readBtf(file, base);
  const header = btf.toC(positionals.length === 0 ? {} : { types: typesOf(btf, positionals, file) });
  if (out === STANDARD_OUTPUT) return print(1, header);
  const changed = writeIfChanged(out, header);
  await print(2, `bpf-codegen: ${oneLine(file)} → ${oneLine(out)}${changed ? "" : " (unchanged)"}\n`);
}

function typesOf(btf: Btf, names: readonly string[], file: string): readonly TypeId[] {
  return names.flatMap((name) => {
    try {
      return findTypes(btf, name, "it");
    } catch (error) {
      throw new CommandError(file, error instanceof Error ? error.message : String(error), { cause: error });
    }
  });
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
  const parsed = parseArgs({ args: [...argv], options: flags, allowPositionals: true, strict: true });
  if (parsed.values.base !== undefined && parsed.values.btf === undefined) {
    throw new UsageError("--base is for the BTF of a module: say which with --btf FILE");
  }
  return parsed;
}
