import { SpecialSection, SymbolType } from "../elf/index.ts";
import type { ElfSymbol, NewElfSection, NewElfSymbol } from "../elf/index.ts";
import { isShared } from "./global-symbols.ts";
import type { GlobalSymbol } from "./global-symbols.ts";
import type { InputObject } from "./input-object.ts";
import type { OutputSection, OutputSections, Placement } from "./output-sections.ts";

/** The symbols of the linked object, and which of them stands for which of the inputs'. */
export interface OutputSymbols {
  readonly all: readonly NewElfSymbol[];
  /** What is missing was in a section that is not linked. */
  readonly byInput: ReadonlyMap<ElfSymbol, NewElfSymbol>;
}

/**
 * Makes the symbols: each section has one of its own, static functions and variables stay as they are and may have the same name, and
 * those that inputs share are there once.
 */
export function makeSymbols(
  inputs: readonly InputObject[],
  sections: OutputSections,
  written: ReadonlyMap<OutputSection, NewElfSection>,
  globals: ReadonlyMap<string, GlobalSymbol>,
): OutputSymbols {
  const byInput = new Map<ElfSymbol, NewElfSymbol>();
  const all: NewElfSymbol[] = [];
  const ofSection = new Map<OutputSection, NewElfSymbol>();
  const shared = new Map<string, NewElfSymbol>();

  const placed = (
    symbol: ElfSymbol,
    placement: Placement | undefined,
  ): Omit<NewElfSymbol, "binding" | "visibility"> => ({
    name: symbol.name,
    value: symbol.value + (placement?.offset ?? 0),
    size: symbol.size,
    type: symbol.type,
    section: (placement === undefined ? undefined : written.get(placement.output)) ?? symbol.sectionIndex,
  });
  const make = (symbol: ElfSymbol, placement: Placement | undefined): NewElfSymbol | undefined => {
    if (isShared(symbol)) {
      const global = globals.get(symbol.name);
      if (global === undefined || placement?.repeated === true) return undefined;
      const { chosen, binding, visibility } = global;
      return remember(shared, symbol.name, () => ({ ...placed(chosen.symbol, chosen.placement), binding, visibility }));
    }
    const { binding, visibility } = symbol;
    if (placement === undefined || symbol.type !== SymbolType.SECTION) {
      return placement?.repeated === true ? undefined : add({ ...placed(symbol, placement), binding, visibility });
    }
    const section = { ...placed(symbol, placement), value: 0, binding, visibility };
    return remember(ofSection, placement.output, () => section);
  };
  const add = (symbol: NewElfSymbol): NewElfSymbol => {
    all.push(symbol);
    return symbol;
  };
  const remember = <K>(known: Map<K, NewElfSymbol>, key: K, create: () => NewElfSymbol): NewElfSymbol => {
    let symbol = known.get(key);
    if (symbol === undefined) known.set(key, (symbol = add(create())));
    return symbol;
  };

  for (const { elf, symbols } of inputs) {
    for (const symbol of symbols) {
      const placement = sections.placeOf(elf.sections[symbol.sectionIndex]);
      if (placement === undefined && !isAnywhere(symbol)) continue;
      const output = make(symbol, placement);
      if (output !== undefined) byInput.set(symbol, output);
    }
  }
  return { all, byInput };
}

/** A name of a file, or what is only declared; all else without a section is debug information. */
function isAnywhere({ sectionIndex }: ElfSymbol): boolean {
  return sectionIndex === SpecialSection.UNDEF || sectionIndex === SpecialSection.ABS;
}
