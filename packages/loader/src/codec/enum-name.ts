const known = new WeakMap<object, ReadonlyMap<number | bigint, string>>();

/**
 * The name of an enum's value: `enumName(Kind, event.kind)` is `"KIND_EXEC"`. Of several constants that have it, the first;
 * `undefined` for a value without a name, which C allows.
 *
 * @param constants as generated modules export them
 */
export function enumName<E extends Readonly<Record<string, number | bigint>>>(
  constants: E,
  value: number | bigint,
): (keyof E & string) | undefined {
  let names = known.get(constants);
  if (names === undefined) known.set(constants, (names = namesOf(constants)));
  // Every name in the map is a key of the constants.
  return names.get(value);
}

function namesOf(constants: Readonly<Record<string, number | bigint>>): ReadonlyMap<number | bigint, string> {
  const names = new Map<number | bigint, string>();
  for (const [name, value] of Object.entries(constants)) if (!names.has(value)) names.set(value, name);
  return names;
}
