import type { Btf } from "../btf/index.ts";
import { BpfError, quoteName } from "../errors/index.ts";
import { rewriteConstants } from "./constants.ts";
import { readArenaData } from "./arena-data.ts";
import { readDataSections } from "./data-sections.ts";
import { readExterns } from "./externs.ts";
import { readFunctions } from "./functions.ts";
import { JumpTables } from "./jump-tables.ts";
import { copyMapSpec } from "./map-spec.ts";
import type { MapSpec } from "./map-spec.ts";
import { MapTable } from "./map-table.ts";
import { readBtfMaps } from "./maps-btf.ts";
import { readLegacyMaps } from "./maps-legacy.ts";
import { openObject, readLicense, readVersion } from "./object-file.ts";
import { copyPrograms } from "./program-spec.ts";
import type { ProgramSpec } from "./program-spec.ts";
import { rememberCopies, rememberTypes } from "./own-types.ts";
import { readPrograms } from "./programs.ts";
import { readReferences } from "./relocations.ts";
import { readStructOpsMaps } from "./struct-ops.ts";
import type { KconfigSpec, VariableSpec } from "./variable-spec.ts";
import { decodeVariable, encodeVariable } from "./variable-value.ts";
import type { VariablePlace } from "./variable-value.ts";
import { readVariables } from "./variables.ts";

/** The parts of a {@link CollectionSpec}. */
export interface CollectionParts {
  readonly name: string;
  readonly littleEndian: boolean;
  readonly btf: Btf | undefined;
  readonly license: string;
  readonly kernelVersion: number;
  readonly maps: Map<string, MapSpec>;
  readonly programs: Map<string, ProgramSpec>;
  readonly variables: Map<string, VariableSpec>;
  readonly kconfig: readonly KconfigSpec[];
}

/**
 * What a compiled object defines: its maps, programs and variables. Plain data: reading one needs no kernel and gives
 * the same result everywhere; edit it freely before loading it.
 *
 * @example
 * const spec = CollectionSpec.parse(await readFile("counter.bpf.o"));
 * spec.rewriteConstants({ target_pid: 42 });
 * for (const map of spec.maps.values()) console.log(map.name, map.maxEntries);
 */
export class CollectionSpec implements CollectionParts {
  /** What it is called in messages: the file's name, or what the caller gave. */
  readonly name: string;
  /** Byte order that it was compiled for; the kernel takes its own only. */
  readonly littleEndian: boolean;
  /** The object's types; `undefined` when it was compiled without -g. Shared between copies: it can't be changed. */
  readonly btf: Btf | undefined;
  /** As in `char LICENSE[] SEC("license")`; empty when there is none. */
  readonly license: string;
  /** As in `SEC("version")`; 0 when there is none, 0xFFFFFFFE = the running kernel's. */
  readonly kernelVersion: number;
  /** By name; data sections under their section's: `".rodata"`, `".bss"`, `".data.custom"`, `".kconfig"`. */
  readonly maps: Map<string, MapSpec>;
  /** By name of the C function. */
  readonly programs: Map<string, ProgramSpec>;
  /** By name: global variables and constants of the data sections, and variables of the arena. */
  readonly variables: Map<string, VariableSpec>;
  /** What the map `.kconfig` has to be filled with from the running kernel's configuration. */
  readonly kconfig: readonly KconfigSpec[];

  constructor(parts: CollectionParts) {
    this.name = parts.name;
    this.littleEndian = parts.littleEndian;
    this.btf = parts.btf;
    this.license = parts.license;
    this.kernelVersion = parts.kernelVersion;
    this.maps = parts.maps;
    this.programs = parts.programs;
    this.variables = parts.variables;
    this.kconfig = parts.kconfig;
    rememberTypes(parts, parts.btf);
  }

  /**
   * Reads an object file that is in memory, of either byte order. The bytes must not change as long as the result is
   * used.
   *
   * @throws ObjectFormatError when they are not a BPF object, or one that contradicts itself.
   */
  static parse(bytes: Uint8Array, name: string = ""): CollectionSpec {
    const object = openObject(bytes);
    const license = readLicense(object.elf);
    const kernelVersion = readVersion(object.elf);
    const functions = readFunctions(object);
    const externs = readExterns(object);
    const maps = new MapTable([
      ...readBtfMaps(object, functions),
      ...readLegacyMaps(object),
      ...readStructOpsMaps(object, functions),
    ]);
    const arena = readArenaData(object, maps.byName);
    const referenced = readReferences({
      object,
      functions,
      maps,
      arena,
      externs,
      jumpTables: new JumpTables(object),
    });
    const all = new Map(maps.byName);
    const dataMaps = new MapTable(readDataSections(object, referenced)).byName;
    for (const map of [...dataMaps.values(), ...(externs.kconfigMap === undefined ? [] : [externs.kconfigMap])]) {
      all.set(map.name, map);
    }
    return new CollectionSpec({
      name,
      littleEndian: object.littleEndian,
      btf: object.btf,
      license,
      kernelVersion,
      maps: all,
      programs: readPrograms(functions, { license, kernelVersion }),
      variables: readVariables(object, dataMaps, arena),
      kconfig: externs.kconfig,
    });
  }

  /** A copy to edit: nothing that is changed in one shows in the other. Only `btf`, which never changes, is shared. */
  copy(): CollectionSpec {
    const { name, littleEndian, btf, license, kernelVersion } = this;
    const maps = new Map(Array.from(this.maps, ([name, map]) => [name, copyMapSpec(map)]));
    const programs = copyPrograms(this.programs);
    rememberCopies(this, { maps, programs });
    return new CollectionSpec({
      name,
      littleEndian,
      btf,
      license,
      kernelVersion,
      maps,
      programs,
      variables: new Map(Array.from(this.variables, ([name, variable]) => [name, { ...variable }])),
      kconfig: this.kconfig.map((variable) => ({ ...variable })),
    });
  }

  /**
   * Gives constants (`const volatile` variables, static ones included) other values, by name. The verifier removes the code
   * that they switch off. A value is encoded by the constant's C type; bytes of exactly its size are taken as they are.
   * When it throws, nothing has changed. Since Linux 5.2.
   *
   * @throws BpfError `ERR_BPF_NOT_FOUND` for names that don't exist, all of them in one message; `ERR_BPF_VALUE` for a
   * value that does not fit; `ERR_BPF_INVALID_ARGUMENT` for a name that exists in two sections.
   */
  rewriteConstants(values: Readonly<Record<string, unknown>>): void {
    rewriteConstants(this, values);
  }

  /**
   * The initial value of a global variable or constant, decoded by its C type; bytes when the object has no BTF for it.
   *
   * @throws BpfError `ERR_BPF_NOT_FOUND` when there is no such variable.
   */
  getVariable(name: string): unknown {
    return decodeVariable(this.btf, this.#placeOf(name));
  }

  /**
   * Gives a global variable or constant another initial value, as {@link rewriteConstants} does.
   *
   * @throws BpfError `ERR_BPF_NOT_FOUND` when there is no such variable, `ERR_BPF_VALUE` when the value does not fit.
   */
  setVariable(name: string, value: unknown): void {
    const place = this.#placeOf(name);
    place.bytes.set(encodeVariable(this.btf, place, value));
  }

  #placeOf(name: string): VariablePlace {
    const variable = this.variables.get(name);
    if (variable === undefined) {
      throw new BpfError("ERR_BPF_NOT_FOUND", `the object has no variable ${quoteName(name)}`);
    }
    const { sectionName, offset, size, typeId } = variable;
    const content = this.maps.get(sectionName)?.section?.content;
    if (content === undefined || offset + size > content.length) {
      throw new BpfError(
        "ERR_BPF_NOT_FOUND",
        `variable ${quoteName(name)} is in section ${quoteName(sectionName)}, which is not part of the collection, or smaller now`,
      );
    }
    return { name, typeId, bytes: content.subarray(offset, offset + size) };
  }
}
