const latin1 = (text: string): readonly number[] => Array.from(text, (character) => character.charCodeAt(0));

/** What a file is by its first bytes, and what to do instead. */
const LOOKS_LIKE: readonly { readonly magic: readonly number[]; readonly what: string }[] = [
  { magic: [0x1f, 0x8b], what: "it is compressed with gzip; unpack it first" },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], what: "it is compressed with zstd; unpack it first" },
  { magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a], what: "it is compressed with xz; unpack it first" },
  { magic: latin1("PK\u0003\u0004"), what: "it is a zip archive; unpack it first" },
  { magic: latin1("!<arch>\n"), what: "it is an ar archive; pass one of the objects in it" },
  { magic: latin1("BC\u00c0\u00de"), what: "it is LLVM bitcode; compile without -emit-llvm and -flto" },
  { magic: [0xde, 0xc0, 0x17, 0x0b], what: "it is LLVM bitcode; compile without -emit-llvm and -flto" },
  { magic: [0x9f, 0xeb], what: "it is BTF without an object around it" },
  { magic: [0xeb, 0x9f], what: "it is BTF without an object around it" },
  { magic: latin1("MZ"), what: "it is a Windows executable" },
  { magic: [0xcf, 0xfa, 0xed, 0xfe], what: "it is a Mach-O file; compile with clang -target bpf" },
  { magic: latin1("\u0000asm"), what: "it is WebAssembly; compile with clang -target bpf" },
];

const TEXT_SAMPLE = 256;

/** Says what bytes that aren't ELF look like, for an error message. */
export function describeNotElf(bytes: Uint8Array): string {
  const known = LOOKS_LIKE.find(({ magic }) => magic.every((byte, index) => bytes[index] === byte));
  if (known !== undefined) return known.what;
  if (isText(bytes.subarray(0, TEXT_SAMPLE))) return "it is text; compile it with clang -target bpf";
  return "the first bytes are not those of an ELF file";
}

function isText(bytes: Uint8Array): boolean {
  if (bytes.some((byte) => (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) || byte === 0x7f))
    return false;
  try {
    // As a stream, for the sample may end inside of a character.
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

const MACHINES: ReadonlyMap<number, string> = new Map([
  [2, "SPARC"],
  [3, "x86 (32 bits)"],
  [8, "MIPS"],
  [20, "PowerPC"],
  [21, "PowerPC64"],
  [22, "s390x"],
  [40, "ARM (32 bits)"],
  [62, "x86-64"],
  [183, "AArch64"],
  [243, "RISC-V"],
  [258, "LoongArch"],
]);

/** Name of an `e_machine`. */
export function machineName(machine: number): string {
  return MACHINES.get(machine) ?? `machine ${machine}`;
}
