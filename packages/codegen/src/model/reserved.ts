import { programTagNames } from "./program-tags.ts";
import { runtimeNames } from "./runtime-names.ts";

/** Words that can't name a variable in a module, and globals that generated code uses. */
const words =
  "arguments as async await break case catch class const continue debugger default delete do else enum eval export " +
  "extends false finally for function get globalThis if implements import in infer Infinity instanceof interface " +
  "keyof let NaN new null number object of package private protected public readonly return satisfies set static " +
  "string super switch symbol this throw true try type typeof undefined unknown using var void while with yield " +
  "any bigint boolean never Array BigInt DataView Object Record String Symbol Uint8Array";

/** Names that nothing of an object may take at the top of the generated module. */
export const reservedInModule: ReadonlySet<string> = new Set([
  ...words.split(" "),
  ...runtimeNames,
  ...programTagNames,
  // What the generated file itself declares, besides what is named after the object's contents.
  "objectBytes",
  // Parameters of the codecs' functions.
  "view",
  "at",
  "value",
]);

/** Properties that every object has, or that await and JSON look for: C members of these names get a `$`. */
export const reservedAsProperty: ReadonlySet<string> = new Set([
  "constructor",
  "hasOwnProperty",
  "isPrototypeOf",
  "propertyIsEnumerable",
  "then",
  "toJSON",
  "toLocaleString",
  "toString",
  "valueOf",
]);
