import { SpecialSection, SymbolBinding } from "../elf/index.ts";
import type { ElfSymbol } from "../elf/index.ts";
import { ObjectFormatError, quoteName } from "../errors/index.ts";
import { readDeclarations } from "./declarations.ts";
import { aboutInput } from "./input-object.ts";
import type { InputObject } from "./input-object.ts";
import { mapDifference } from "./map-difference.ts";
import type { OutputSections, Placement } from "./output-sections.ts";
import { typeDifference } from "./type-difference.ts";
import type { TypeIn } from "./type-difference.ts";

const MAPS_SECTION = ".maps";

/** What one input says of a name that inputs share. */
interface GlobalUse {
  readonly input: InputObject;
  readonly symbol: ElfSymbol;
  /** A function or variable; `undefined` for what assembly defines or refers to, and without `-g`. */
  readonly type: TypeIn | undefined;
  /** Where it is, or is declared to be; `undefined` when it is only declared, and not where. */
  readonly sectionName: string | undefined;
  /** `undefined` where it is only declared. */
  readonly placement: Placement | undefined;
}

type Uses = readonly [GlobalUse, ...GlobalUse[]];

/** A function or variable that inputs share. */
export interface GlobalSymbol {
  readonly name: string;
  /** By input; none has two. */
  readonly uses: Uses;
  /** The one that counts: the definition or, where nothing defines it, the first declaration. */
  readonly chosen: GlobalUse;
  /** One of `SymbolBinding`. */
  readonly binding: number;
  /** One of `Visibility`. */
  readonly visibility: number;
}

/**
 * Finds for each name that inputs share what defines it: a strong definition before a weak one, the first of several weak ones.
 *
 * @throws ObjectFormatError when two strong ones define it, or when what is said of it does not agree.
 */
export function resolveGlobals(
  inputs: readonly InputObject[],
  sections: OutputSections,
): ReadonlyMap<string, GlobalSymbol> {
  const usesByName = new Map<string, [GlobalUse, ...GlobalUse[]]>();
  for (const input of inputs) {
    for (const use of aboutInput(input.name, () => readUses(input, sections))) {
      const { name } = use.symbol;
      const uses = usesByName.get(name);
      if (uses === undefined) usesByName.set(name, [use]);
      else if (uses.at(-1)?.input === input) {
        throw new ObjectFormatError(`${quoteName(input.name)}: two symbols have the name ${quoteName(name)}`);
      } else uses.push(use);
    }
  }
  return new Map(Array.from(usesByName, ([name, uses]) => [name, resolve(name, uses)]));
}

/** True for a symbol that others can refer to by its name. */
export function isShared({ binding }: ElfSymbol): boolean {
  return binding !== SymbolBinding.LOCAL;
}

function readUses(input: InputObject, sections: OutputSections): readonly GlobalUse[] {
  const declarations = input.btf === undefined ? undefined : readDeclarations(input.btf);
  return input.symbols.flatMap((symbol): GlobalUse[] => {
    const { name, sectionIndex, binding } = symbol;
    const isExtern = sectionIndex === SpecialSection.UNDEF;
    const section = isExtern ? undefined : input.elf.sections[sectionIndex];
    const placement = sections.placeOf(section);
    if (!isShared(symbol)) {
      if (isExtern) throw wrong(symbol, "is defined nowhere and can't be, since it is local");
      return [];
    }
    if (binding !== SymbolBinding.GLOBAL && binding !== SymbolBinding.WEAK) {
      throw wrong(symbol, `has binding ${binding}, which is not known`);
    }
    if (!isExtern && section === undefined) {
      throw wrong(
        symbol,
        `is in no section (0x${(sectionIndex & 0xffff).toString(16)}): give it an initial value, or use -fno-common`,
      );
    }
    // Debug information, and what is there already: the license.
    if (!isExtern && (placement === undefined || placement.repeated)) return [];
    const declaration = declarations?.get(name);
    const type = declaration && input.btf && { btf: input.btf, id: declaration.typeId };
    const stated = declaration?.sectionName;
    if (section !== undefined && stated !== undefined && stated !== section.name) {
      throw wrong(symbol, `is in section ${quoteName(section.name)}, and in ${quoteName(stated)} by its BTF`);
    }
    return [{ input, symbol, type, sectionName: section?.name ?? stated, placement }];
  });
}

function resolve(name: string, uses: Uses): GlobalSymbol {
  const definitions = uses.filter(({ placement }) => placement !== undefined);
  const [strong, rival] = definitions.filter(isStrong);
  if (strong !== undefined && rival !== undefined) {
    throw new ObjectFormatError(
      `${quoteName(name)} is defined in both ${quoteName(strong.input.name)} and ${quoteName(rival.input.name)}; ` +
        "make one of them static or weak",
    );
  }
  const chosen = strong ?? definitions[0] ?? uses[0];
  for (const use of uses) if (use !== chosen) checkAgreement(name, chosen, use);
  return {
    name,
    uses,
    chosen,
    // As libbpf has it: who declares something without saying that it is weak relies on it.
    binding: uses.some(isStrong) ? SymbolBinding.GLOBAL : SymbolBinding.WEAK,
    // Hidden is more than default.
    visibility: uses.reduce((most, { symbol }) => Math.max(most, symbol.visibility), 0),
  };
}

function isStrong({ symbol }: GlobalUse): boolean {
  return symbol.binding === SymbolBinding.GLOBAL;
}

function checkAgreement(name: string, chosen: GlobalUse, use: GlobalUse): void {
  const [type, other] = [typeOf(chosen), typeOf(use)];
  const difference =
    sectionDifference(chosen, use) ??
    aboutInput(use.input.name, () =>
      chosen.sectionName === MAPS_SECTION ? mapDifference(name, type, other) : typeDifference(type, other),
    );
  if (difference === undefined) return;
  throw new ObjectFormatError(
    `${quoteName(name)} is not the same in ${quoteName(chosen.input.name)} and ${quoteName(use.input.name)}: ${difference}`,
  );
}

/** Without types nobody can tell whether it is the same thing. */
function typeOf({ symbol, type, input }: GlobalUse): TypeIn {
  if (type !== undefined) return type;
  throw new ObjectFormatError(
    `${quoteName(symbol.name)} is shared with other objects and has no BTF in ${quoteName(input.name)}; compile with -g`,
  );
}

/** Who says where something is has to be right; definitions may be in different sections, of which one counts. */
function sectionDifference(chosen: GlobalUse, use: GlobalUse): string | undefined {
  if (chosen.sectionName === use.sectionName || use.placement !== undefined) return undefined;
  if (chosen.placement !== undefined && use.sectionName === undefined) return undefined;
  return `in ${showSection(chosen.sectionName)} and in ${showSection(use.sectionName)}`;
}

function showSection(name: string | undefined): string {
  return name === undefined ? "no section" : `section ${quoteName(name)}`;
}

function wrong({ name }: ElfSymbol, problem: string): ObjectFormatError {
  return new ObjectFormatError(`symbol ${quoteName(name)} ${problem}`, { section: ".symtab" });
}
