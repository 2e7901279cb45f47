import { bytes, codecFromBtf } from "../codec/index.ts";
import type { Codec } from "../codec/index.ts";
import { BpfError, quoteName } from "../errors/index.ts";
import {
  ArenaMap,
  ArrayMap,
  closeStructOpsValue,
  openMap,
  openMapByFd,
  StructOpsMap,
  Variable,
} from "../maps/index.ts";
import type { BpfMap, MapCodecs, VariableSection } from "../maps/index.ts";
import type { Program } from "../programs/index.ts";
import type { CollectionSpec, MapSpec } from "../spec/index.ts";
import { addon } from "../sys/index.ts";
import { MapType } from "../uapi/index.ts";
import type { Loaded } from "./loader.ts";

/** The live objects of a load, each made once, when it is first asked for. It owns what is loaded. */
export class LiveObjects {
  readonly #loaded: Loaded;
  readonly #spec: CollectionSpec;
  readonly #codecs: ReadonlyMap<string, MapCodecs>;
  readonly #maps = new Map<string, BpfMap>();

  /** `codecs` are by name of the map; without, keys and values are decoded by the object's BTF. */
  constructor(loaded: Loaded, spec: CollectionSpec, codecs: ReadonlyMap<string, MapCodecs> = new Map()) {
    this.#loaded = loaded;
    this.#spec = spec;
    this.#codecs = codecs;
  }

  /** `undefined` for one that the load went on without. */
  program(name: string): Program | undefined {
    const program = this.#loaded.programs.get(name);
    if (program === undefined && !this.#loaded.skipped.has(name)) throw notLoaded("program", name);
    return program;
  }

  /** `undefined` for one that the load went on without. */
  map(name: string): BpfMap | undefined {
    const known = this.#maps.get(name);
    if (known !== undefined) return known;
    const descriptor = this.#loaded.maps.get(name);
    if (descriptor === undefined) {
      if (this.#loaded.skipped.has(name)) return undefined;
      throw notLoaded("map", name);
    }
    const given = this.#codecs.get(name);
    const spec = this.#spec.maps.get(name);
    const inner = this.#codecsOf(spec?.innerMap, given?.inner);
    const openInner = (fd: number, codecs: MapCodecs = inner): BpfMap => openMapByFd(fd, codecs);
    const pinnedAt = this.#loaded.pinnedAt.get(name);
    const map = openMap(descriptor, { name, ...this.#codecsOf(spec, given), openInner, pinnedAt });
    const arena = this.#loaded.arenas.get(name);
    if (arena !== undefined && map instanceof ArenaMap) map.adopt(arena.memory, arena.owned);
    const structOps = this.#loaded.structOps.get(name);
    if (structOps !== undefined && map instanceof StructOpsMap) map.adopt(structOps);
    this.#maps.set(name, map);
    return map;
  }

  /** A global variable. Its section's map stays open. `undefined` for one in a map that the load went on without. */
  variable(name: string, codec?: Codec<unknown>): Variable<unknown> | undefined {
    const spec = this.#spec.variables.get(name);
    if (spec === undefined) throw notLoaded("variable", name);
    const { sectionName, offset, size, typeId, constant } = spec;
    const map = this.map(sectionName);
    if (map === undefined) return undefined;
    const { section, start } = sectionOf(name, sectionName, map);
    return new Variable(section, {
      name,
      offset: start + offset,
      codec: codec ?? this.#typed(typeId, size) ?? bytes(size),
      readOnly: constant,
    });
  }

  /** Variables of the sections that were loaded; those of an arena only when this process has mapped it. */
  get variableNames(): readonly string[] {
    const isThere = (map: string): boolean =>
      this.#spec.maps.get(map)?.type === MapType.ARENA ? this.#loaded.arenas.has(map) : this.#loaded.maps.has(map);
    return [...this.#spec.variables.values()].filter(({ sectionName }) => isThere(sectionName)).map(({ name }) => name);
  }

  /** Closes everything, whether it was asked for or not. */
  close(): void {
    for (const program of this.#loaded.programs.values()) program.close();
    for (const map of this.#maps.values()) map.close();
    for (const descriptor of this.#loaded.maps.values()) descriptor.close();
    for (const value of this.#loaded.structOps.values()) closeStructOpsValue(value);
    this.#unmapArenas(new Set());
  }

  /** Closes the programs and maps that are not to be kept. */
  closeOthers(programs: ReadonlySet<string>, maps: ReadonlySet<string>): void {
    for (const [name, program] of this.#loaded.programs) if (!programs.has(name)) program.close();
    for (const [name, descriptor] of this.#loaded.maps) if (!maps.has(name)) descriptor.close();
    for (const [name, value] of this.#loaded.structOps) if (!maps.has(name)) closeStructOpsValue(value);
    this.#unmapArenas(maps);
  }

  /** Of those that no live map has taken over. */
  #unmapArenas(kept: ReadonlySet<string>): void {
    for (const [name, { memory, owned }] of this.#loaded.arenas) {
      if (owned && !kept.has(name)) addon().unmap(memory.buffer);
    }
  }

  /** The codecs that are given, and those that the object's BTF has for others. */
  #codecsOf(map: MapSpec | undefined, given: MapCodecs | undefined): MapCodecs {
    // A data section is bytes; its variables are what has types.
    if (map === undefined || map.section !== undefined) return { key: given?.key, value: given?.value };
    const { type, keyTypeId, keySize, valueTypeId, valueSize } = map;
    const key = given?.key ?? this.#typed(keyTypeId, keySize);
    if (!recordMaps.has(type)) return { key, value: given?.value ?? this.#typed(valueTypeId, valueSize) };
    // Records have a type, and no size that the kernel knows. A perf event array may also be defined by the size of its descriptors.
    return { key, value: given?.value ?? (valueSize === 0 ? this.#typed(valueTypeId, undefined) : undefined) };
  }

  /** The codec of a type; `undefined` when there is none, or its size is another. */
  #typed(typeId: number, size: number | undefined): Codec<unknown> | undefined {
    const { btf } = this.#spec;
    if (btf === undefined || typeId === 0) return undefined;
    const codec = codecFromBtf(btf, typeId);
    return size === undefined || codec.size === size ? codec : undefined;
  }
}

/** Maps whose values are records. */
export const recordMaps: ReadonlySet<MapType> = new Set([
  MapType.RINGBUF,
  MapType.USER_RINGBUF,
  MapType.PERF_EVENT_ARRAY,
]);

/** What holds a variable, and where in it the variables of the section start. */
function sectionOf(
  variable: string,
  sectionName: string,
  map: BpfMap,
): { readonly section: VariableSection; readonly start: number } {
  if (map instanceof ArrayMap) return { section: map, start: 0 };
  const wrong = (problem: string): BpfError =>
    new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `variable ${quoteName(variable)}: map ${quoteName(sectionName)} ${problem}`,
    );
  if (!(map instanceof ArenaMap)) throw wrong("is no array");
  const section = map.variableSection();
  if (section === undefined) {
    throw wrong("is an arena that this process has not mapped: whoever created it has its variables");
  }
  return { section, start: map.memory?.dataOffset ?? 0 };
}

function notLoaded(kind: string, name: string): BpfError {
  return new BpfError("ERR_BPF_NOT_FOUND", `${kind} ${quoteName(name)} was not loaded`);
}
