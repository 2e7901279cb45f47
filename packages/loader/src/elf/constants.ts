/**
 * Numbers of the ELF format that BPF objects use. Source: the System V ABI (gABI), chapter "Object Files", and
 * the kernel's Documentation/bpf/llvm_reloc.rst for the relocation types.
 *
 * @module
 */

/** `sh_type`. */
export const SectionType = {
  NULL: 0,
  PROGBITS: 1,
  SYMTAB: 2,
  STRTAB: 3,
  RELA: 4,
  NOBITS: 8,
  REL: 9,
  SYMTAB_SHNDX: 18,
} as const;

/** Bits of `sh_flags`. */
export const SectionFlag = {
  WRITE: 0x1,
  ALLOC: 0x2,
  EXECINSTR: 0x4,
  MERGE: 0x10,
  STRINGS: 0x20,
  INFO_LINK: 0x40,
  COMPRESSED: 0x800,
} as const;

/**
 * Where a symbol is that is in no section. In 32 bits, as the numbers of sections that don't fit into 16 are: in a large file, 0xfff1 is the
 * number of a section.
 */
export const SpecialSection = {
  UNDEF: 0,
  ABS: 0xffff_fff1,
  COMMON: 0xffff_fff2,
} as const;

/** Numbers of sections in 16 bits that are none, from the first on. */
export const RESERVED_SECTIONS = 0xff00;
/** The one that says that the number is somewhere else, in 32 bits. */
export const SECTION_IN_32_BITS = 0xffff;

/** Low four bits of `st_info`. */
export const SymbolType = {
  NOTYPE: 0,
  OBJECT: 1,
  FUNC: 2,
  SECTION: 3,
  FILE: 4,
} as const;

/** High four bits of `st_info`. */
export const SymbolBinding = {
  LOCAL: 0,
  GLOBAL: 1,
  WEAK: 2,
} as const;

/** Low two bits of `st_other`. */
export const Visibility = {
  DEFAULT: 0,
  INTERNAL: 1,
  HIDDEN: 2,
  PROTECTED: 3,
} as const;

/** Relocation types of EM_BPF. */
export const RelocationType = {
  R_BPF_NONE: 0,
  /** ld_imm64: the address goes into the immediates of both slots. */
  R_BPF_64_64: 1,
  /** 64 bits of data. */
  R_BPF_64_ABS64: 2,
  /** 32 bits of data. */
  R_BPF_64_ABS32: 3,
  /** 32 bits of data in .BTF and .BTF.ext, which the loader resolves in another way. */
  R_BPF_64_NODYLD32: 4,
  /** Immediate of a call, in instructions. */
  R_BPF_64_32: 10,
} as const;
