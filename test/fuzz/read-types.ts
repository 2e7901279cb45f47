import {
  Btf,
  BtfBuilder,
  CoreResolver,
  dedupBtf,
  formatLayout,
  kernelBtfForLoad,
  layoutOf,
  minimalBtf,
  parseExtInfo,
  withDataSectionLayouts,
} from "bpf-loader/btf";
import type { CoreRelocation, DataSectionLayout, ExtInfo, KernelBtfSupport } from "bpf-loader/btf";
import { codecFromBtf, formatValue } from "bpf-loader/codec";
import type { FormatOptions } from "bpf-loader/codec";
import type { ElfFile } from "bpf-loader/elf";
import { attempt, checkText } from "./attempt.ts";

const kernelOfOld: KernelBtfSupport = {
  functions: true,
  dataSections: false,
  globalFunctions: false,
  floats: false,
  declTags: false,
  typeTags: false,
  enum64: false,
  emptySections: false,
  questionMarkSections: false,
  layout: false,
};

/** What is asked for by name, whether it is there or not. */
const names = ["every", "sample", "x", "a", "", "nothing of that name"];
/** Values of larger types are not read: they are as large as the type says. */
const LARGEST_VALUE = 4096;

/** How values are printed: one way for each type. */
const formats: readonly FormatOptions[] = [
  { limit: 10_000 },
  { layout: "one", limit: 10_000 },
  { skipZeros: true, limit: 10_000 },
  { layout: "one", skipZeros: true, limit: 100 },
];

/** Asks for everything that a BTF has to tell. Throws only when something throws what is not `ObjectFormatError`. */
export function walkBtf(btf: Btf): void {
  for (let id = 0; id < btf.typeCount; id++) {
    attempt(() => {
      btf.type(id);
      btf.kind(id);
      btf.name(id);
    });
    attempt(() => btf.typeName(id));
    attempt(() => btf.sizeOf(id));
    attempt(() => btf.alignOf(id));
    attempt(() => btf.resolve(id));
  }
  const header = attempt(() => btf.toC({ layoutAssertions: true }));
  if (header !== undefined) checkText(header);
  for (const name of names) {
    attempt(() => {
      btf.find(name);
      btf.find(name, "struct");
      btf.findAll(name);
    });
  }
  attempt(() => btf.findEssential(new Set(names)));
}

/** Makes of a BTF what is made of one: layouts, codecs, printed values, copies, blobs for kernels. Its own `blob` is what values are read from. */
export function useBtf(btf: Btf, blob: Uint8Array): void {
  const values = new DataView(new ArrayBuffer(LARGEST_VALUE));
  const bytes = blob.slice(0, LARGEST_VALUE);
  for (let id = 1; id < btf.typeCount; id++) {
    const layout = attempt(() => layoutOf(btf, id), ["ERR_BPF_OBJECT_FORMAT", "ERR_BPF_INVALID_ARGUMENT"]);
    if (layout !== undefined) checkText(formatLayout(layout));
    printValue(btf, id, id % 3 === 0 ? new Uint8Array(LARGEST_VALUE) : bytes);
    const codec = attempt(() => codecFromBtf(btf, id));
    if (codec === undefined || codec.size > LARGEST_VALUE) continue;
    // A flexible array has more than its type says, and a value that can't be is refused.
    attempt(() => codec.write(values, 0, codec.read(values, 0)), ["ERR_BPF_VALUE"]);
  }
  attempt(() => {
    const builder = new BtfBuilder({ littleEndian: btf.littleEndian });
    for (let id = 1; id < btf.typeCount; id++) builder.addFrom(btf, id);
    builder.build();
  });
  attempt(() => {
    const { btf: merged } = dedupBtf(btf);
    for (let id = 0; id < merged.typeCount; id++) merged.type(id);
  });
  attempt(() => kernelBtfForLoad(btf, kernelOfOld));
}

function printValue(btf: Btf, id: number, bytes: Uint8Array): void {
  const options = formats[id % formats.length] ?? {};
  const text = attempt(
    () => formatValue(btf, id, bytes, options),
    ["ERR_BPF_OBJECT_FORMAT", "ERR_BPF_INVALID_ARGUMENT"],
  );
  if (text === undefined) return;
  checkText(text);
  if (options.layout === "one" && text.includes("\n")) throw new Error("a value on one line has two");
}

/** Reads the types of an object, and applies its CO-RE relocations against `kernel`. */
export function readTypes(elf: ElfFile, kernel: Btf): void {
  const section = elf.section(".BTF");
  if (section === undefined) return;
  const btf = Btf.parse(section.data);
  walkBtf(btf);
  useBtf(btf, section.data);
  attempt(() => walkBtf(withDataSectionLayouts(btf, layoutsOf(elf))));
  const extInfo = elf.section(".BTF.ext");
  if (extInfo !== undefined) readExtInfo(elf, btf, parseExtInfo(extInfo.data, btf), kernel);
}

function readExtInfo(elf: ElfFile, btf: Btf, { functions, lines, relocations }: ExtInfo, kernel: Btf): void {
  for (const { fileOffset, textOffset } of [...lines.values()].flat()) {
    attempt(() => {
      btf.string(fileOffset);
      btf.string(textOffset);
    });
  }
  for (const { typeId } of [...functions.values()].flat()) attempt(() => btf.type(typeId));
  if (btf.littleEndian !== kernel.littleEndian) return;
  for (const [name, records] of relocations) {
    const code = elf.section(name)?.data.slice() ?? new Uint8Array();
    const resolver = new CoreResolver(btf, kernel);
    for (const { offset, typeId, access, kind } of records) {
      const relocation: CoreRelocation = { slot: offset / 8, typeId, access, kind };
      attempt(() => resolver.apply(code, [relocation], name), ["ERR_BPF_OBJECT_FORMAT", "ERR_BPF_CO_RE"]);
    }
    const all = records.map(({ offset, typeId, access, kind }) => ({ slot: offset / 8, typeId, access, kind }));
    const minimal = attempt(
      () => minimalBtf([{ local: btf, relocations: all }], kernel),
      ["ERR_BPF_OBJECT_FORMAT", "ERR_BPF_CO_RE"],
    );
    if (minimal !== undefined) walkBtf(minimal);
  }
}

function layoutsOf(elf: ElfFile): Map<string, DataSectionLayout> {
  const layouts = new Map<string, DataSectionLayout>();
  for (const section of elf.sections) {
    const symbols = elf.symbols.filter(({ sectionIndex }) => sectionIndex === section.index);
    const variables = symbols.map(({ name, value }) => [name, { offset: value, hidden: false }] as const);
    layouts.set(section.name, { size: section.size, variables: new Map(variables) });
  }
  return layouts;
}
