import type { ObjectModel } from "../model/object-model.ts";

/**
 * Version of what `--json` prints. Members, and kinds of types and values, may be added under the same number; when one goes, or
 * means something else, it rises.
 */
const SCHEMA = 1;

/** The text that `--json` prints: a model, member by member, and the version of its form. What is undefined is left out. */
export function modelJson(model: ObjectModel): string {
  return `${JSON.stringify({ schema: SCHEMA, ...model }, undefined, 2)}\n`;
}
