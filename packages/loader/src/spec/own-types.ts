import type { Btf } from "../btf/btf.ts";
import type { MapSpec } from "./map-spec.ts";
import type { ProgramSpec } from "./program-spec.ts";

/** What numbers of types in maps and functions mean: the object that they came from. Beside the specs, which are plain data. */
const origins = new WeakMap<object, Btf | undefined>();

/** Maps and programs of one object. */
interface Parts {
  readonly maps: ReadonlyMap<string, MapSpec>;
  readonly programs: ReadonlyMap<string, ProgramSpec>;
}

/** Remembers that the parts are of the object with these types, unless they are known to be of another. */
export function rememberTypes({ maps, programs }: Parts, btf: Btf | undefined): void {
  for (const part of [...maps.values(), ...functionsOf(programs)]) if (!origins.has(part)) origins.set(part, btf);
}

/** Remembers of copies, name by name, what is known of the originals. */
export function rememberCopies(originals: Parts, copies: Parts): void {
  for (const [name, map] of originals.maps) carry(map, copies.maps.get(name));
  for (const [name, program] of originals.programs) {
    const copied = copies.programs.get(name)?.functions ?? [];
    program.functions.forEach((spec, index) => carry(spec, copied[index]));
  }
}

/** Whether a map's types, or those of a program's functions, are known to be of another object than `btf`. */
export function hasForeignTypes(spec: MapSpec | ProgramSpec, btf: Btf | undefined): boolean {
  if ("functions" in spec) return spec.functions.some((part) => isForeign(part, btf));
  return (spec.keyTypeId !== 0 || spec.valueTypeId !== 0) && isForeign(spec, btf);
}

function isForeign(part: object, btf: Btf | undefined): boolean {
  const origin = origins.get(part);
  // A collection without types has none to confuse them with.
  if (origin === undefined || btf === undefined || origin === btf) return false;
  return !isSame(origin.bytes, btf.bytes);
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

function carry(original: object, copy: object | undefined): void {
  if (copy !== undefined && origins.has(original)) origins.set(copy, origins.get(original));
}

function* functionsOf(programs: ReadonlyMap<string, ProgramSpec>): Generator<object> {
  for (const { functions } of programs.values()) yield* functions;
}
