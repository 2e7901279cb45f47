import { HELPER_NAMES } from "./helper-names.ts";

/** The name of a helper function, as C programs call it: `"bpf_map_lookup_elem"`. */
export type HelperName = `bpf_${Exclude<(typeof HELPER_NAMES)[number], "unspec">}`;

const PREFIX = "bpf_";

const NUMBERS: ReadonlyMap<string, number> = new Map(
  HELPER_NAMES.map((name, number) => [`${PREFIX}${name}`, number] as const).slice(1),
);

/** The name of a helper function; `undefined` for numbers that have none. */
export function helperName(helper: number): HelperName | undefined {
  const name = HELPER_NAMES[helper];
  return name === undefined || name === "unspec" ? undefined : `${PREFIX}${name}`;
}

/** The number of a helper function; `undefined` for what is none. */
export function helperNumber(name: string): number | undefined {
  return NUMBERS.get(name);
}

/** Names and numbers of all helper functions, in the order of their numbers. Linux 6.18 has 211, and will not get more. */
export function helpers(): ReadonlyMap<string, number> {
  return NUMBERS;
}
