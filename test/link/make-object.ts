import { BtfBuilder } from "../../packages/loader/src/btf/index.ts";
import type { TypeId } from "../../packages/loader/src/btf/index.ts";
import { SectionFlag, SectionType, SymbolBinding, SymbolType, writeElf } from "../../packages/loader/src/elf/index.ts";
import type { NewElfSection, NewElfSymbol } from "../../packages/loader/src/elf/index.ts";

/** A function or variable of an object that a test makes. */
export interface Named {
  readonly name: string;
  /** Its prototype or type. */
  readonly type: (builder: BtfBuilder) => TypeId;
  readonly kind?: "function" | "variable";
  /** Where it is; where it only says so, with `extern`. */
  readonly section?: string;
  readonly extern?: boolean;
  readonly weak?: boolean;
  readonly visibility?: number;
  readonly tag?: string;
}

export interface MadeObject {
  readonly littleEndian?: boolean;
  readonly license?: string;
  readonly withoutBtf?: boolean;
}

const VARIABLE_BYTES = 8;
/** `r0 = 0; exit` */
const FUNCTION = [0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0];

/** An object with these names, as a compiler would write it; variables have 8 bytes. */
export function makeObject(names: readonly Named[], options: MadeObject = {}): Uint8Array {
  const { littleEndian = true, license = "GPL" } = options;
  const builder = new BtfBuilder({ littleEndian });
  const contents = new Map<string, { readonly bytes: number[]; readonly flags: number }>();
  const entries = new Map<string, { typeId: TypeId; offset: number; size: number }[]>();
  const symbols: (Omit<NewElfSymbol, "section"> & { readonly section: string | undefined })[] = [];
  const add = (
    { name, type, kind = "variable", extern = false, weak = false, tag, ...rest }: Named,
    bytes: number[],
  ) => {
    const isFunction = kind === "function";
    const section = rest.section ?? (extern ? undefined : isFunction ? ".text" : ".data");
    const linkage = extern ? "extern" : "global";
    const typeId = builder.add({ kind, name, typeId: type(builder), linkage });
    if (tag !== undefined) builder.add({ kind: "declTag", name: tag, typeId, componentIndex: -1 });
    if (section !== undefined && !isFunction) {
      entries.set(section, [...(entries.get(section) ?? []), { typeId, offset: 0, size: bytes.length }]);
    }
    const flags = SectionFlag.ALLOC | (isFunction ? SectionFlag.EXECINSTR : SectionFlag.WRITE);
    const content = (extern || section === undefined ? undefined : contents.get(section)) ?? { bytes: [], flags };
    if (!extern && section !== undefined) contents.set(section, content);
    symbols.push({
      name,
      value: content.bytes.length,
      size: extern ? 0 : bytes.length,
      type: extern ? SymbolType.NOTYPE : isFunction ? SymbolType.FUNC : SymbolType.OBJECT,
      binding: weak ? SymbolBinding.WEAK : SymbolBinding.GLOBAL,
      visibility: rest.visibility ?? 0,
      section: extern ? undefined : section,
    });
    if (!extern) content.bytes.push(...bytes);
  };
  for (const named of names) {
    add(named, named.kind === "function" ? FUNCTION : Array.from({ length: VARIABLE_BYTES }, () => 0));
  }
  const text = [...new TextEncoder().encode(`${license}\0`)];
  add({ name: "_license", type: arrayOf("char", 1, text.length), section: "license" }, text);
  for (const [name, list] of entries) builder.add({ kind: "dataSection", name, size: 0, entries: list });

  const sections = new Map(
    Array.from(contents, ([name, { bytes, flags }]): [string, NewElfSection] => [
      name,
      section(name, flags, Uint8Array.from(bytes)),
    ]),
  );
  return writeElf({
    littleEndian,
    sections: [...sections.values(), ...(options.withoutBtf === true ? [] : [section(".BTF", 0, builder.toBytes())])],
    symbols: Array.from(symbols, (symbol) => ({ ...symbol, section: sections.get(symbol.section ?? "") ?? 0 })),
  });
}

function section(name: string, flags: number, content: Uint8Array): NewElfSection {
  return { name, type: SectionType.PROGBITS, flags, align: 8, entrySize: 0, content, relocations: [] };
}

export const intOf =
  (name: string, size = 8, signed = true) =>
  (builder: BtfBuilder): TypeId =>
    builder.add({ kind: "int", name, size, signed, char: false, bool: false, bits: size * 8, bitOffset: 0 });

export const pointerTo =
  (type: (builder: BtfBuilder) => TypeId) =>
  (builder: BtfBuilder): TypeId =>
    builder.add({ kind: "pointer", typeId: type(builder) });

export const arrayOf =
  (name: string, size: number, length: number) =>
  (builder: BtfBuilder): TypeId => {
    const elementTypeId = intOf(name, size)(builder);
    return builder.add({ kind: "array", elementTypeId, indexTypeId: elementTypeId, length });
  };

export const structOf =
  (name: string, members: Readonly<Record<string, (builder: BtfBuilder) => TypeId>>) =>
  (builder: BtfBuilder): TypeId =>
    builder.add({
      kind: "struct",
      name,
      size: Object.keys(members).length * VARIABLE_BYTES,
      members: Object.entries(members).map(([member, type], index) => ({
        name: member,
        typeId: type(builder),
        bitOffset: index * VARIABLE_BYTES * 8,
        bitSize: 0,
      })),
    });

export const forwardOf =
  (name: string, union = false) =>
  (builder: BtfBuilder): TypeId =>
    builder.add({ kind: "forward", name, union });

export const prototypeOf =
  (...parameters: readonly ((builder: BtfBuilder) => TypeId)[]) =>
  (builder: BtfBuilder): TypeId =>
    builder.add({
      kind: "functionPrototype",
      returnTypeId: intOf("int", 4)(builder),
      parameters: parameters.map((type, index) => ({ name: `p${index}`, typeId: type(builder) })),
    });
