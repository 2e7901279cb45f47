import { join } from "node:path";
import { BpfError, quoteName } from "../errors/index.ts";
import { mapIdentity } from "../info/identity.ts";
import { unpin } from "../links/index.ts";
import type { UsdtMaps } from "../links/index.ts";
import { ArenaMap, checkCompatible, closeStructOpsValue, mapHost, mapShape, openOrPin } from "../maps/index.ts";
import type { ArenaMemory, BpfMap, StructOpsValue } from "../maps/index.ts";
import {
  holdToken,
  KernelTypes,
  moduleTypesFd,
  Program,
  readVerifierStatistics,
  tryBindMap,
} from "../programs/index.ts";
import type { HeldToken, LoadOutcome } from "../programs/index.ts";
import type { CollectionSpec, MapSpec, ProgramSpec } from "../spec/index.ts";
import { addon, duplicate, FileDescriptor, pageSize } from "../sys/index.ts";
import { MapType, ProgramType } from "../uapi/index.ts";
import { arenaDataOffset, mapArena } from "./arena.ts";
import { createJumpTable, createSpecMap, createStructOpsMap, isDataSection } from "./create-map.ts";
import type { MapContext } from "./create-map.ts";
import { kernelConfigSource } from "./kernel-config-source.ts";
import { kernelConfigContent } from "./kernel-config.ts";
import type { LoadOptions } from "./load-options.ts";
import { checkRequest, withConstants } from "./load-request.ts";
import { fillSlots, freezeContent, writeSection } from "./map-content.ts";
import { loadObjectTypes } from "./object-types.ts";
import type { ObjectTypes } from "./object-types.ts";
import { isLackForMap, isLackForProgram, optionalMaps, optionalPrograms, programsThatUse } from "./optional-parts.ts";
import { preparePrograms } from "./prepare-program.ts";
import type { PreparedProgram } from "./prepare-program.ts";
import { rewrittenMaps } from "./rewrite-maps.ts";
import { select, selectWithout } from "./selection.ts";
import type { Present, Selection, Wanted } from "./selection.ts";
import { fillStructOpsValue, newStructOpsValue, StructOpsTypes } from "./struct-ops.ts";
import { openUsdtMaps } from "./usdt-maps.ts";

/** Where libbpf pins maps, and every distribution mounts a bpf file system. */
const DEFAULT_PIN_PATH = "/sys/fs/bpf";

/** What a load has brought into the kernel. Whoever takes it owns it. */
export interface Loaded {
  readonly maps: ReadonlyMap<string, FileDescriptor>;
  readonly programs: ReadonlyMap<string, Program>;
  /** Memory of arenas, by name: of those that were created, and of replacements that this process has mapped. */
  readonly arenas: ReadonlyMap<string, LoadedArena>;
  /** Where maps that are shared by their names are pinned, by name. */
  readonly pinnedAt: ReadonlyMap<string, string>;
  /** What structures are registered with, by name of their maps. */
  readonly structOps: ReadonlyMap<string, StructOpsValue>;
  /** Programs and maps that the load went on without, by name, and what this kernel lacks for each. */
  readonly skipped: ReadonlyMap<string, BpfError>;
}

/** An arena's memory in this process. */
interface LoadedArena {
  readonly memory: ArenaMemory;
  /** False when it belongs to the map that was given as a replacement. */
  readonly owned: boolean;
}

/**
 * One load of a collection, in steps: everything up to the programs is synchronous and quick, their verification is what takes
 * time, and is the caller's to run at once or in parallel.
 */
export class Loader {
  readonly #spec: CollectionSpec;
  readonly #options: LoadOptions;
  readonly #replacements: ReadonlyMap<string, BpfMap>;
  /** Maps that programs use and the spec no longer has. */
  readonly #rewritten: ReadonlyMap<string, BpfMap>;
  readonly #wanted: Wanted;
  readonly #present: Present;
  #selection: Selection;
  readonly #kernel = new KernelTypes();
  readonly #structOps: StructOpsTypes;
  readonly #maps = new Map<string, FileDescriptor>();
  readonly #programs = new Map<string, Program>();
  readonly #arenas = new Map<string, LoadedArena>();
  /** Which programs go by, and which they keep once they are loaded. */
  readonly #jumpTables: FileDescriptor[] = [];
  readonly #structOpsValues = new Map<string, StructOpsValue>();
  readonly #skipped = new Map<string, BpfError>();
  /** Those of the skipped that are maps. */
  readonly #skippedMaps = new Map<string, BpfError>();
  readonly #optionalPrograms: ReadonlySet<string>;
  readonly #optionalMaps: ReadonlySet<string>;
  readonly #pinnedAt = new Map<string, string>();
  /** Those pins that this load made, by name of the map. */
  readonly #pins = new Map<string, string>();
  /** Of programs that did not load yet. */
  #usdt: Map<string, UsdtMaps> = new Map();
  #objectTypes: ObjectTypes | undefined;
  #token: HeldToken | undefined;

  /** @throws BpfError for what is wrong with the request; nothing is open then. */
  constructor(spec: CollectionSpec, wanted: Wanted, options: LoadOptions) {
    checkRequest(spec, options);
    this.#spec = withConstants(spec, options.constants);
    this.#options = options;
    this.#replacements = new Map(Object.entries(options.mapReplacements ?? {}));
    this.#optionalPrograms = optionalPrograms(spec, options);
    this.#optionalMaps = optionalMaps(spec, options);
    this.#rewritten = rewrittenMaps(spec);
    this.#structOps = new StructOpsTypes(this.#spec, this.#kernel);
    this.#wanted = wanted;
    this.#present = { replaced: new Set(this.#replacements.keys()), rewritten: new Set(this.#rewritten.keys()) };
    this.#selection = select(this.#spec, wanted, this.#present, options.autocreate);
  }

  /** The spec that is loaded, with its constants rewritten. */
  get spec(): CollectionSpec {
    return this.#spec;
  }

  /** Creates the maps, and makes the programs ready. */
  prepare(): readonly PreparedProgram[] {
    this.#token = holdToken(this.#options.token);
    const tokenFd = this.#token?.fd;
    this.#objectTypes = loadObjectTypes(this.#spec.btf, tokenFd);
    const context: MapContext = {
      tokenFd,
      host: mapHost(),
      btfFd: this.#objectTypes.descriptor?.value ?? 0,
      collectionName: this.#spec.name,
    };
    this.#openMaps(context);
    const programs = this.#loadablePrograms();
    this.#usdt = openUsdtMaps({
      collection: this.#spec,
      programs,
      maps: this.#maps,
      replaced: new Set(this.#replacements.keys()),
    });
    return preparePrograms(programs, {
      collection: this.#spec,
      objectTypes: this.#objectTypes,
      kernel: this.#kernel,
      structOps: this.#structOps,
      leftOut: this.#selection.leftOut,
      lacking: this.#skippedMaps,
      canDoWithout: (key, error) => this.skip(key, error),
      tokenFd,
      fdArrays: this.#options.fdArrays ?? {},
      coreTypes: this.#options.kernelTypes,
      mapFd: (name) => this.#mapFd(name),
      dataOffset: (name) => this.#dataOffset(name),
      jumpTableFd: (name, places) => {
        const table = createJumpTable(name, places, context);
        this.#jumpTables.push(table);
        return table.value;
      },
      attachTargets: new Map(Object.entries(this.#options.attachTargets ?? {})),
    });
  }

  /** Takes the descriptor of a program that loaded, whatever became of the others. */
  adopt({ key, spec, attachType }: PreparedProgram, outcome: LoadOutcome): void {
    if (outcome.result < 0) return;
    const descriptor = new FileDescriptor(outcome.result, `program ${quoteName(spec.name)}`);
    const { rule, name, type, attachTo, sectionName } = spec;
    const program = new Program(descriptor, {
      name,
      type,
      attachType,
      attachTo,
      sectionName,
      attachKind: rule?.attach,
      auto: rule?.auto ?? "never",
      verifierLog: typeof this.#options.verifierLog === "object" ? outcome.log : [],
      verifierStatistics: this.#options.verifierStatistics === true ? readVerifierStatistics(outcome.log) : undefined,
      usdt: this.#usdt.get(key),
    });
    this.#usdt.delete(key);
    this.#programs.set(key, program);
  }

  /** Goes on without a program, if it is optional and `error` says that this kernel lacks something for it. */
  skip(key: string, error: unknown): boolean {
    if (!this.#optionalPrograms.has(key) || !isLackForProgram(error)) return false;
    this.#skipped.set(key, error);
    return true;
  }

  #openMaps(context: MapContext): void {
    for (const [name, map] of this.#selection.maps) {
      // What only a map needs that was skipped is not needed any more.
      if (!this.#selection.maps.has(name)) continue;
      try {
        this.#maps.set(name, this.#openMap(name, map, context));
      } catch (error) {
        if (!isLackForMap(error, map) || !this.#isOptionalMap(name)) throw error;
        this.#skipMap(name, error);
      }
    }
  }

  /** Whether it may be missing: by the options, or since nobody has named it and optional programs alone use it. */
  #isOptionalMap(name: string): boolean {
    if (this.#optionalMaps.has(name)) return true;
    const isNamed = !this.#wanted.allMaps && this.#wanted.maps.includes(name);
    const others = [...this.#selection.maps.values()].filter(({ type }) => type !== MapType.PROG_ARRAY);
    if (isNamed || others.some(({ slots }) => slots.some((slot) => slot.name === name))) return false;
    const programs = programsThatUse(name, this.#selection);
    return programs.length > 0 && programs.every((key) => this.#optionalPrograms.has(key));
  }

  /** Goes on as if the map were not to be created. */
  #skipMap(name: string, reason: BpfError): void {
    this.#skipped.set(name, reason);
    this.#skippedMaps.set(name, reason);
    this.#closeMap(name);
    const before = this.#selection;
    const { autocreate } = this.#options;
    this.#selection = selectWithout(this.#skippedMaps.keys(), this.#spec, this.#wanted, this.#present, autocreate);
    const { maps, programs } = this.#selection;
    for (const key of before.maps.keys()) if (!maps.has(key)) this.#closeMap(key);
    for (const key of this.#wanted.programs) {
      if (before.programs.has(key) && !programs.has(key)) this.#skipped.set(key, reason);
    }
  }

  #closeMap(name: string): void {
    this.#maps.get(name)?.close();
    this.#maps.delete(name);
    this.#forgetArena(name);
    const value = this.#structOpsValues.get(name);
    if (value !== undefined) closeStructOpsValue(value);
    this.#structOpsValues.delete(name);
    this.#pinnedAt.delete(name);
    const pin = this.#pins.get(name);
    if (pin !== undefined) unpin(pin);
    this.#pins.delete(name);
  }

  /** What is loaded so far: the maps, and the programs that were adopted. */
  get loaded(): Loaded {
    return {
      maps: this.#maps,
      programs: this.#programs,
      arenas: this.#arenas,
      pinnedAt: this.#pinnedAt,
      structOps: this.#structOpsValues,
      skipped: this.#skipped,
    };
  }

  /** Fills the maps that hold programs or maps, when all of these are there, and ties constants to the programs. */
  finish(): void {
    this.#fillMaps();
    this.#fillStructOps();
    this.#bindConstants();
  }

  /** Gives back what only loading needs. */
  closeTypes(): void {
    for (const table of this.#jumpTables.splice(0)) table.close();
    this.#objectTypes?.descriptor?.close();
    this.#token?.release();
    this.#kernel.close();
  }

  /** Closes all that was created, after a failure. */
  closeAll(): void {
    for (const program of this.#programs.values()) program.close();
    for (const usdt of this.#usdt.values()) usdt.close();
    for (const map of this.#maps.values()) map.close();
    for (const name of this.#arenas.keys()) this.#forgetArena(name);
    for (const value of this.#structOpsValues.values()) closeStructOpsValue(value);
    for (const path of this.#pins.values()) unpin(path);
    this.#pins.clear();
  }

  /** Without those that implement what this kernel's structures don't have. */
  #loadablePrograms(): ReadonlyMap<string, ProgramSpec> {
    const programs = [...this.#selection.programs];
    return new Map(programs.filter(([key, { type }]) => type !== ProgramType.STRUCT_OPS || this.#hasTarget(key)));
  }

  #hasTarget(key: string): boolean {
    try {
      return this.#structOps.target(key) !== undefined;
    } catch (error) {
      if (this.skip(key, error)) return false;
      throw error;
    }
  }

  #openMap(name: string, map: MapSpec, context: MapContext): FileDescriptor {
    const replacement = this.#replacements.get(name);
    if (replacement !== undefined) {
      const given = mapIdentity(replacement.fd, `map ${quoteName(name)}`);
      checkCompatible(name, mapShape(map, context.host), given, isDataSection(map));
      if (replacement instanceof ArenaMap && replacement.memory !== undefined) {
        this.#arenas.set(name, { memory: replacement.memory, owned: false });
      }
      return duplicate(replacement.fd, "map", `map ${quoteName(name)}`);
    }
    if (map.structOps !== undefined) {
      const found = this.#structOps.of(map, map.structOps);
      const { valueTypeId, valueSize, module } = found;
      this.#structOpsValues.set(name, newStructOpsValue(found));
      const valueTypeFd = module === undefined ? undefined : moduleTypesFd(this.#kernel, module);
      return createStructOpsMap(map, { valueTypeId, valueSize, valueTypeFd }, context);
    }
    if (map.pinning === "byName") {
      const path = join(this.#options.pinPath ?? DEFAULT_PIN_PATH, name);
      const { descriptor, created } = openOrPin(name, path, () => this.#createMap(name, map, context));
      this.#pinnedAt.set(name, path);
      if (created !== undefined) this.#pins.set(name, created);
      else {
        // What was created may have come second.
        this.#forgetArena(name);
        closeOnThrow(descriptor, () => this.#checkPinned(map, descriptor, context));
      }
      return descriptor;
    }
    const descriptor = this.#createMap(name, map, context);
    if (isDataSection(map)) closeOnThrow(descriptor, () => this.#writeSection(map, descriptor));
    return descriptor;
  }

  #createMap(name: string, map: MapSpec, context: MapContext): FileDescriptor {
    const descriptor = createSpecMap(map, context);
    if (map.type !== MapType.ARENA) return descriptor;
    closeOnThrow(descriptor, () => {
      const memory = mapArena(map, descriptor, context.host);
      if (memory !== undefined) this.#arenas.set(name, { memory, owned: true });
    });
    return descriptor;
  }

  #forgetArena(name: string): void {
    const arena = this.#arenas.get(name);
    if (arena?.owned === true) addon().unmap(arena.memory.buffer);
    this.#arenas.delete(name);
  }

  /** Where a map's variables start. */
  #dataOffset(name: string): number {
    const mapped = this.#arenas.get(name);
    if (mapped !== undefined) return mapped.memory.dataOffset;
    const map = this.#spec.maps.get(name);
    if (map !== undefined) return map.type === MapType.ARENA ? arenaDataOffset(map, { pageSize: pageSize() }) : 0;
    const rewritten = this.#rewritten.get(name);
    if (rewritten?.type !== MapType.ARENA) return 0;
    if (rewritten instanceof ArenaMap && rewritten.memory !== undefined) return rewritten.memory.dataOffset;
    throw new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `map ${quoteName(name)} is rewritten with an arena that was not loaded by this process: where its variables are is not known`,
    );
  }

  #checkPinned(map: MapSpec, descriptor: FileDescriptor, context: MapContext): void {
    checkCompatible(map.name, mapShape(map, context.host), mapIdentity(descriptor.value, descriptor.what), false);
  }

  #writeSection({ section, valueSize }: MapSpec, descriptor: FileDescriptor): void {
    if (section === undefined) return;
    if (section.kind === "kconfig" && this.#spec.btf !== undefined) {
      const { kconfig, btf } = this.#spec;
      writeSection(descriptor, kernelConfigContent(kconfig, btf, valueSize, kernelConfigSource));
    } else if (section.untouched !== true) writeSection(descriptor, section.content);
    if (section.kind === "rodata" || section.kind === "kconfig") freezeContent(descriptor);
  }

  #fillMaps(): void {
    for (const [name, { type, slots }] of this.#selection.maps) {
      const map = this.#maps.get(name);
      const filled = slots.filter((slot) => !this.#skipped.has(slot.name) && !this.#selection.leftOut.has(slot.name));
      if (map === undefined || filled.length === 0 || this.#replacements.has(name)) continue;
      fillSlots(
        map,
        filled,
        type === MapType.PROG_ARRAY ? (program) => this.#programFd(program) : (inner) => this.#mapFd(inner),
      );
    }
  }

  /** Tools find what an object says of itself, such as `bpf_metadata_…`, from any of its programs. */
  #bindConstants(): void {
    const constants = [...this.#selection.maps].filter(([, { section }]) => section?.kind === "rodata");
    for (const [name] of constants) {
      for (const program of this.#programs.values()) tryBindMap(program.fd, this.#mapFd(name));
    }
  }

  #fillStructOps(): void {
    for (const [name, value] of this.#structOpsValues) {
      const map = this.#selection.maps.get(name);
      if (map?.structOps === undefined) continue;
      fillStructOpsValue(value, this.#structOps.of(map, map.structOps), this.#programs);
    }
  }

  #mapFd(name: string): number {
    const fd = this.#maps.get(name)?.value ?? this.#rewritten.get(name)?.fd;
    if (fd === undefined) throw new BpfError("ERR_BPF_NOT_FOUND", `map ${quoteName(name)} was not loaded`);
    return fd;
  }

  #programFd(name: string): number {
    const program = this.#programs.get(name);
    if (program === undefined) throw new BpfError("ERR_BPF_NOT_FOUND", `program ${quoteName(name)} was not loaded`);
    return program.fd;
  }
}

function closeOnThrow(descriptor: FileDescriptor, use: () => void): void {
  try {
    use();
  } catch (error) {
    descriptor.close();
    throw error;
  }
}
