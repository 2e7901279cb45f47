import { Btf } from "bpf-loader/btf";
import { ElfFile } from "bpf-loader/elf";
import { CommandError, fileProblem } from "./errors.ts";
import { readInput, STANDARD_INPUT } from "./files.ts";

/** The running kernel's types. Since Linux 5.4, with CONFIG_DEBUG_INFO_BTF. */
export const KERNEL_BTF = "/sys/kernel/btf/vmlinux";

/**
 * Types from a file: BTF, or an ELF file that has it.
 *
 * @param base what they are on top of, of a module
 * @throws CommandError when there are none.
 */
export function readBtf(path: string, base: Btf | undefined): Btf {
  let bytes: Uint8Array;
  try {
    bytes = readInput(path);
  } catch (error) {
    if (path !== KERNEL_BTF || !(error instanceof CommandError)) throw error;
    const problem = fileProblem(error.cause);
    const hint = "this machine's kernel offers no types; give those of another with --btf FILE";
    throw new CommandError(path, `${problem}: ${hint}`, { cause: error });
  }
  const subject = path === STANDARD_INPUT ? "standard input" : path;
  try {
    const isElf = bytes[0] === 0x7f && bytes[1] === 0x45;
    const section = isElf ? ElfFile.parse(bytes, { machine: "any" }).section(".BTF") : undefined;
    if (isElf && section === undefined) throw new Error("it has no type information (BTF)");
    return Btf.parse(section?.data ?? bytes, base);
  } catch (error) {
    throw new CommandError(subject, error instanceof Error ? error.message : String(error), { cause: error });
  }
}
