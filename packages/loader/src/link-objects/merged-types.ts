import { encodeExtInfo, mergeBtf } from "../btf/index.ts";
import type { Btf, BtfDataSection, BtfBuilder, ExtInfo, TypeId, TypeOfInput } from "../btf/index.ts";
import { ObjectFormatError, quoteName } from "../errors/index.ts";
import { dataSections, EXTERN_SECTION, nonStaticName } from "./declarations.ts";
import type { GlobalSymbol } from "./global-symbols.ts";
import { aboutInput } from "./input-object.ts";
import type { InputObject } from "./input-object.ts";
import type { OutputSections } from "./output-sections.ts";

/** The sections that describe the others. */
export interface MergedTypes {
  /** `.BTF` */
  readonly btf: Uint8Array;
  /** `.BTF.ext`, when there is something in it. */
  readonly extInfo: Uint8Array | undefined;
}

/** An input that has BTF. */
interface TypedInput {
  readonly input: InputObject;
  readonly btf: Btf;
  readonly extInfo: ExtInfo | undefined;
}

type Globals = ReadonlyMap<string, GlobalSymbol>;
type Entry = BtfDataSection["entries"][number];

/**
 * Merges what the inputs say of types, lines and relocations. `undefined` when none has BTF.
 *
 * Functions and variables that inputs share are there once, as they are defined. Data sections are made anew, with the sizes and
 * offsets that compilers leave to the loader.
 *
 * @throws ObjectFormatError
 */
export function mergeTypes(
  inputs: readonly InputObject[],
  sections: OutputSections,
  globals: Globals,
): MergedTypes | undefined {
  const typed = inputs.flatMap((input): TypedInput[] => {
    const { btf, extInfo } = input;
    return btf === undefined ? [] : [{ input, btf, extInfo: extInfo && placed(input, btf, extInfo, sections) }];
  });
  const [first] = typed;
  if (first === undefined) return undefined;
  const choices = chooseTypes(typed, sections, globals);
  const { builder, inputs: merged } = mergeBtf(typed, {
    littleEndian: first.input.littleEndian,
    choose: ({ input, id }) => choices[input]?.get(id),
  });
  const typesOf = merged.map(({ types }) => types);
  addDataSections(builder, typed, typesOf, sections, globals);
  const btf = builder.build();
  const extInfo = joined(merged.flatMap((one) => (one.extInfo === undefined ? [] : [one.extInfo])));
  const hasInfo = [extInfo.functions, extInfo.lines, extInfo.relocations].some(({ size }) => size > 0);
  return { btf: btf.bytes, extInfo: hasInfo ? encodeExtInfo(extInfo, btf) : undefined };
}

type Choice = TypeOfInput | "omit";

/** For each input what becomes of types that are not just merged. */
function chooseTypes(
  typed: readonly TypedInput[],
  sections: OutputSections,
  globals: Globals,
): readonly ReadonlyMap<TypeId, Choice>[] {
  const indexes = new Map(typed.map(({ input }, index) => [input, index]));
  const choices = typed.map(({ input, btf }) => {
    const chosen = new Map<TypeId, Choice>();
    for (let id = 1; id < btf.typeCount; id++) {
      const name = nonStaticName(btf, id);
      const use = name === undefined ? undefined : globals.get(name)?.chosen;
      // What is not of the same kind shares no more than its name.
      if (use?.type === undefined || use.type.btf.kind(use.type.id) !== btf.kind(id)) continue;
      chosen.set(id, { input: indexes.get(use.input) ?? 0, id: use.type.id });
    }
    for (const section of dataSections(btf)) {
      chosen.set(section.id, "omit");
      if (sections.placeOfName(input, section.name)?.repeated !== true) continue;
      for (const { typeId } of section.entries) if (btf.kind(typeId) === "variable") chosen.set(typeId, "omit");
    }
    return chosen;
  });
  chooseTags(typed, choices);
  return choices;
}

/** Tags of what is omitted go, too, and what is declared several times keeps one of each. */
function chooseTags(typed: readonly TypedInput[], choices: readonly Map<TypeId, Choice>[]): void {
  const known = new Map<string, TypeOfInput>();
  typed.forEach(({ btf }, input) => {
    for (let id = 1; id < btf.typeCount; id++) {
      if (btf.kind(id) !== "declTag") continue;
      const tag = btf.type(id);
      if (tag.kind !== "declTag") continue;
      const target = choices[input]?.get(tag.typeId);
      if (target === "omit") choices[input]?.set(id, "omit");
      else if (target !== undefined) {
        const key = `${target.input} ${target.id} ${tag.componentIndex} ${tag.name}`;
        const same = known.get(key);
        if (same === undefined) known.set(key, { input, id });
        else choices[input]?.set(id, same);
      }
    }
  });
}

/** Adds one data section for each name that the inputs have. */
function addDataSections(
  builder: BtfBuilder,
  typed: readonly TypedInput[],
  typesOf: readonly Uint32Array[],
  sections: OutputSections,
  globals: Globals,
): void {
  const entriesByName = new Map<string, Entry[]>();
  typed.forEach(({ input, btf }, index) => {
    for (const section of dataSections(btf)) {
      if (section.name === EXTERN_SECTION || sections.placeOfName(input, section.name)?.repeated === true) continue;
      const entries = entriesByName.get(section.name) ?? [];
      entriesByName.set(section.name, entries);
      for (const entry of aboutInput(input.name, () => entriesOf(input, btf, section, sections, globals))) {
        entries.push({ ...entry, typeId: typesOf[index]?.[entry.typeId] ?? 0 });
      }
    }
  });
  for (const [name, entries] of entriesByName) {
    const size = sections.find(name)?.size ?? 0;
    // What the kernel has is in no section of the file, and in no order.
    if (size > 0) entries.sort((left, right) => left.offset - right.offset);
    builder.add({ kind: "dataSection", name, size, entries });
  }
}

/** What an input brings into a data section, by its own types. */
function entriesOf(
  input: InputObject,
  btf: Btf,
  section: BtfDataSection,
  sections: OutputSections,
  globals: Globals,
): readonly Entry[] {
  const start = sections.placeOfName(input, section.name)?.offset ?? 0;
  return section.entries.flatMap((entry): Entry[] => {
    const type = btf.type(entry.typeId);
    if (type.kind !== "variable" && type.kind !== "function") {
      throw new ObjectFormatError(`the BTF has a ${type.kind} where a variable should be`, { section: section.name });
    }
    if (type.linkage === "static") return [{ ...entry, offset: start + entry.offset }];
    const chosen = globals.get(type.name)?.chosen;
    if (chosen === undefined && type.linkage === "extern") return [entry];
    if (chosen === undefined) {
      throw new ObjectFormatError(`the BTF describes ${quoteName(type.name)}, which has no symbol`, {
        section: section.name,
      });
    }
    // Listed by the input that defines it, where it was placed; else by the first that declares it.
    if (chosen.input !== input || chosen.type?.id !== entry.typeId) return [];
    const { placement, symbol } = chosen;
    return [placement === undefined ? entry : { ...entry, offset: placement.offset + symbol.value }];
  });
}

/** Ext infos with offsets of the output sections, still with types and strings of the input. */
function placed(input: InputObject, btf: Btf, extInfo: ExtInfo, sections: OutputSections): ExtInfo {
  const each = <T extends { readonly offset: number; readonly typeId?: TypeId }>(
    records: ReadonlyMap<string, readonly T[]>,
  ): ReadonlyMap<string, readonly T[]> =>
    new Map(
      Array.from(records, ([name, list]) => {
        const place = sections.placeOfName(input, name);
        const fail = (problem: string, offset?: number): ObjectFormatError =>
          new ObjectFormatError(`${quoteName(input.name)}: .BTF.ext describes ${problem}`, {
            section: name,
            ...(offset === undefined ? {} : { offset }),
          });
        if (place === undefined) throw fail("a section that is not there");
        const moved = list.map((record) => {
          if (record.offset >= place.section.size) throw fail("what is behind the section's end", record.offset);
          if ((record.typeId ?? 0) >= btf.typeCount) throw fail("a type that is not there", record.offset);
          return { ...record, offset: place.offset + record.offset };
        });
        return [name, moved];
      }),
    );
  return {
    functions: each(extInfo.functions),
    lines: each(extInfo.lines),
    relocations: each(extInfo.relocations),
  };
}

/** All ext infos in one. */
function joined(parts: readonly ExtInfo[]): ExtInfo {
  return {
    functions: joinRecords(parts.map(({ functions }) => functions)),
    lines: joinRecords(parts.map(({ lines }) => lines)),
    relocations: joinRecords(parts.map(({ relocations }) => relocations)),
  };
}

/** Those of a section stay ordered by offset, since that is how the inputs were placed. */
function joinRecords<T>(parts: readonly ReadonlyMap<string, readonly T[]>[]): ReadonlyMap<string, readonly T[]> {
  const all = new Map<string, T[]>();
  for (const [name, list] of parts.flatMap((one) => [...one])) {
    const known = all.get(name);
    if (known === undefined) all.set(name, [...list]);
    else for (const record of list) known.push(record);
  }
  return all;
}
