import { IncompatibleMapError } from "../errors/index.ts";
import { mapTypeName } from "../uapi/index.ts";
import { flagNames } from "./map-rules.ts";
import type { MapShape } from "./map-rules.ts";
import { comparableFlags } from "./map-shape.ts";

/**
 * Compares a map of the kernel with the shape that a definition asks for.
 *
 * @throws IncompatibleMapError naming every difference.
 */
export function checkCompatible(name: string, wanted: MapShape, given: MapShape, isSection: boolean): void {
  const differences: string[] = [];
  const compare = (
    field: string,
    givenValue: number | bigint | string,
    wantedValue: number | bigint | string,
  ): void => {
    if (givenValue !== wantedValue) differences.push(`${field} ${givenValue}, wanted ${wantedValue}`);
  };
  compare("type", mapTypeName(given.type), mapTypeName(wanted.type));
  compare("key size", given.keySize, wanted.keySize);
  compare("value size", given.valueSize, wanted.valueSize);
  compare("max_entries", given.maxEntries, wanted.maxEntries);
  compare(
    "flags",
    flagNames(comparableFlags(given.type, given.flags, isSection)),
    flagNames(comparableFlags(wanted.type, wanted.flags, isSection)),
  );
  compare("map_extra", given.mapExtra, wanted.mapExtra);
  if (differences.length > 0) throw new IncompatibleMapError(name, differences);
}
