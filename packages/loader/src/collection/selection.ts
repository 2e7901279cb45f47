import { BpfError, quoteName } from "../errors/index.ts";
import type { CollectionSpec, MapSpec, ProgramSpec } from "../spec/index.ts";
import { hasForeignTypes } from "../spec/own-types.ts";
import { MapType } from "../uapi/index.ts";

/** What is asked for by name. */
export interface Wanted {
  readonly programs: readonly string[];
  /** The programs are all that there are: nobody has named them one by one. */
  readonly allPrograms: boolean;
  readonly maps: readonly string[];
  /** The maps are all that there are, as {@link allPrograms}. */
  readonly allMaps: boolean;
}

/** Maps that are there already, by name. */
export interface Present {
  /** In place of maps of the spec, with content of their own. */
  readonly replaced: ReadonlySet<string>;
  /** No longer part of the spec. */
  readonly rewritten: ReadonlySet<string>;
}

/** Whether maps are created that nobody asks for by name, in place of what their specs say. */
export type Autocreate = Readonly<Record<string, boolean>>;

/** What is to be created: what was asked for and all that it needs, by the spec's names and in its order. */
export interface Selection {
  readonly programs: ReadonlyMap<string, ProgramSpec>;
  readonly maps: ReadonlyMap<string, MapSpec>;
  /** Maps that are referred to and not to be created. */
  readonly leftOut: ReadonlySet<string>;
}

/**
 * What loading a whole collection means: every map, and every program that loads on its own. Maps that are not to be created are left
 * out, and the programs that only structures among them have.
 */
export function everything(spec: CollectionSpec, autocreate: Autocreate = {}): Wanted {
  const maps = [...spec.maps].filter(([name, map]) => autocreate[name] ?? map.autocreate).map(([, map]) => map);
  const [loaded, known] = [functionsOf(maps), functionsOf([...spec.maps.values()])];
  const isLeftOut = (name: string): boolean => known.has(name) && !loaded.has(name);
  return {
    programs: [...spec.programs]
      .filter(([name, { type, autoload }]) => type !== 0 && autoload && !isLeftOut(name))
      .map(([name]) => name),
    maps: [...spec.maps].filter(([, map]) => maps.includes(map)).map(([name]) => name),
    allPrograms: true,
    allMaps: true,
  };
}

/**
 * What is to be created without some maps that were: what only these need is not, nor are programs that nobody has named and that only
 * structures among them have.
 */
export function selectWithout(
  maps: Iterable<string>,
  spec: CollectionSpec,
  wanted: Wanted,
  present: Present,
  autocreate: Autocreate = {},
): Selection {
  const without = new Set(maps);
  const none = { ...autocreate, ...Object.fromEntries(Array.from(without, (name) => [name, false])) };
  const others = {
    ...wanted,
    programs: wanted.allPrograms ? everything(spec, none).programs : wanted.programs,
    maps: wanted.maps.filter((name) => !without.has(name)),
  };
  return select(spec, others, present, none);
}

/** Names of the programs that structures point to. */
function functionsOf(maps: readonly MapSpec[]): ReadonlySet<string> {
  return new Set(maps.flatMap(({ structOps }) => structOps?.functions.map(({ name }) => name) ?? []));
}

/**
 * Follows references: programs need the maps that their instructions name, program arrays the programs of their static slots,
 * maps of maps their inner maps, structures of functions their programs.
 *
 * @throws BpfError for a name that the object lacks, and for a program without a type.
 */
export function select(spec: CollectionSpec, wanted: Wanted, present: Present, autocreate: Autocreate = {}): Selection {
  const programs = new Set<string>();
  const maps = new Set<string>();
  const leftOut = new Set<string>();
  const wantedMaps = new Set(wanted.maps);

  const addProgram = (name: string, why: string): void => {
    if (programs.has(name)) return;
    const program = spec.programs.get(name);
    if (program === undefined) throw missing("program", name, why);
    checkType(program);
    checkTypes("program", name, program);
    programs.add(name);
    for (const { references } of program.functions) {
      for (const reference of references) {
        if (reference.kind !== "map" && reference.kind !== "mapValue") continue;
        addMap(reference.name, `program ${quoteName(name)} refers to it`);
      }
    }
  };

  const addMap = (name: string, why: string): void => {
    if (maps.has(name) || present.rewritten.has(name)) return;
    const map = spec.maps.get(name);
    if (map === undefined) throw missing("map", name, why);
    if (!(wantedMaps.has(name) || present.replaced.has(name) || (autocreate[name] ?? map.autocreate))) {
      leftOut.add(name);
      return;
    }
    checkTypes("map", name, map);
    maps.add(name);
    if (present.replaced.has(name)) return;
    for (const { name: program } of map.structOps?.functions ?? []) {
      addProgram(program, `map ${quoteName(name)} points to it`);
    }
    for (const slot of map.slots) {
      const slotOf = `slot ${slot.index} of map ${quoteName(name)} holds it`;
      if (map.type === MapType.PROG_ARRAY) addProgram(slot.name, slotOf);
      else addMap(slot.name, slotOf);
    }
  };

  const checkTypes = (kind: string, name: string, part: MapSpec | ProgramSpec): void => {
    if (!hasForeignTypes(part, spec.btf)) return;
    throw new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `${kind} ${quoteName(name)} is of another object, whose types are not this collection's: load that one, and share maps by \`mapReplacements\``,
    );
  };

  for (const name of wanted.programs) addProgram(name, "it was asked for");
  for (const name of wantedMaps) addMap(name, "it was asked for");
  return {
    programs: new Map([...spec.programs].filter(([name]) => programs.has(name))),
    maps: new Map([...spec.maps].filter(([name]) => maps.has(name))),
    leftOut,
  };
}

function checkType(program: ProgramSpec): void {
  if (program.type !== 0) return;
  throw new BpfError(
    "ERR_BPF_INVALID_ARGUMENT",
    `program ${quoteName(program.name)} has no type: section name ${quoteName(program.sectionName)} says nothing about it; set \`type\` of its spec before loading`,
  );
}

function missing(kind: "program" | "map", name: string, why: string): BpfError {
  return new BpfError("ERR_BPF_NOT_FOUND", `the object has no ${kind} ${quoteName(name)}: ${why}`);
}
