import {
  Btf,
  CoreResolver,
  encodeExtInfo,
  kernelBtfForLoad,
  formatLayout,
  layoutOf,
  mergeBtf,
  minimalBtf,
  parseExtInfo,
  withDataSectionLayouts,
} from "../../packages/loader/src/btf/index.ts";
import type { CoreRelocation, DataSectionLayout, KernelBtfSupport } from "../../packages/loader/src/btf/index.ts";
import { ElfFile } from "../../packages/loader/src/elf/index.ts";
import { BpfError } from "../../packages/loader/src/errors/index.ts";
import type { BpfErrorCode } from "../../packages/loader/src/errors/index.ts";

const kernelOfOld: KernelBtfSupport = {
  functions: true,
  dataSections: false,
  globalFunctions: false,
  floats: false,
  declTags: false,
  typeTags: false,
  enum64: false,
  questionMarkSections: false,
  layout: false,
};

/** What is asked for by name, whether it is there or not. */
const names = ["every", "sample", "x", "a", "", "nothing of that name"];

/** Runs something that may refuse its input, which it may do in this way only. */
function attempt(run: () => void, ...alsoAllowed: BpfErrorCode[]): boolean {
  try {
    run();
    return true;
  } catch (error) {
    if (!(error instanceof BpfError)) throw error;
    if (error.code !== "ERR_BPF_OBJECT_FORMAT" && !alsoAllowed.includes(error.code)) throw error;
    if (/\p{Cc}/u.test(error.message))
      throw new Error(`unfit for a terminal: ${JSON.stringify(error.message)}`, { cause: error });
    return false;
  }
}

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
  attempt(() => btf.toC({ layoutAssertions: true }));
  for (let id = 1; id < btf.typeCount; id++) {
    attempt(() => formatLayout(layoutOf(btf, id)), "ERR_BPF_INVALID_ARGUMENT");
  }
  for (const name of names) {
    attempt(() => {
      btf.find(name);
      btf.find(name, "struct");
      btf.findAll(name);
    });
  }
  attempt(() => btf.findEssential(new Set(names)));
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

/**
 * Reads all that there is in an object, right or wrong, and relocates its programs against `kernel`. Throws when anything
 * but a typed error comes of it. Returns whether it could be opened.
 */
export function readEverything(bytes: Uint8Array, kernel: Btf): boolean {
  let elf: ElfFile | undefined;
  attempt(() => {
    elf = ElfFile.parse(bytes);
  });
  if (elf === undefined) return false;
  const file = elf;
  for (const section of file.sections) {
    attempt(() => section.name);
    attempt(() => section.data);
    attempt(() => file.relocations(section).map(({ symbol }) => symbol.name));
  }
  attempt(() => file.symbols.map(({ name }) => name));
  attempt(() => readTypes(file, kernel));
  return true;
}

function readTypes(elf: ElfFile, kernel: Btf): void {
  const section = elf.section(".BTF");
  if (section === undefined) return;
  const btf = Btf.parse(section.data);
  walkBtf(btf);
  attempt(() => kernelBtfForLoad(btf, kernelOfOld));
  attempt(() => walkBtf(withDataSectionLayouts(btf, layoutsOf(elf))));
  const extInfo = elf.section(".BTF.ext");
  if (extInfo === undefined) return;
  const infos = parseExtInfo(extInfo.data, btf);
  const { functions, lines, relocations } = infos;
  attempt(() => mergeBtf([{ btf, extInfo: infos }]).builder.build());
  attempt(() => encodeExtInfo(infos, btf), "ERR_BPF_INVALID_ARGUMENT");
  for (const { fileOffset, textOffset } of [...lines.values()].flat()) {
    attempt(() => {
      btf.string(fileOffset);
      btf.string(textOffset);
    });
  }
  for (const { typeId } of [...functions.values()].flat()) attempt(() => btf.type(typeId));
  if (btf.littleEndian !== kernel.littleEndian) return;
  attempt(() => minimalBtf([{ local: btf, relocations: [...relocations.values()].flat() }], kernel), "ERR_BPF_CO_RE");
  for (const [name, records] of relocations) {
    const code = elf.section(name)?.data.slice() ?? new Uint8Array();
    const resolver = new CoreResolver(btf, kernel);
    for (const { offset, typeId, access, kind } of records) {
      const relocation: CoreRelocation = { slot: offset / 8, typeId, access, kind };
      attempt(() => resolver.apply(code, [relocation], name), "ERR_BPF_CO_RE");
    }
  }
}
