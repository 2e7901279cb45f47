import { BpfError, quoteName } from "../errors/index.ts";
import type { AttachKind } from "../spec/section-table.ts";
import { describeProgram, type AttachableProgram } from "./attachable-program.ts";
import type { Link } from "./link.ts";
import type { UsdtMaps } from "./usdt-maps.ts";

/** One way of attaching: a row of the table in `kinds.ts`. */
export interface LinkKind<Options extends object> {
  readonly kind: AttachKind;
  /** As in a sentence: `"an XDP program"`. */
  readonly title: string;
  /** First kernel release that can attach this way: `"5.9"`. */
  readonly since: string;
  /** Each option, in the order in which messages list them. */
  readonly options: OptionRules<Options>;
  /** A call that works: `attach({ interface: "eth0" })`. */
  readonly example: string;
  /** `options` passed {@link checkOptions}. */
  attach(program: AttachableProgram, options: Options, context: AttachContext): Link;
}

/** What belongs to the collection of a program, and attaching some kinds needs. */
export interface AttachContext {
  /** Of USDT programs that read the arguments of their probes. The program's: whoever keeps it takes a share. */
  readonly usdt?: UsdtMaps | undefined;
}

/** What is checked about one option; its TypeScript type is the compiler's business, this is for JavaScript and JSON. */
export interface OptionRule {
  /** As TypeScript writes it: `"string | number"`. */
  readonly type: string;
  readonly required: boolean;
  accepts(value: unknown): boolean;
}

/** A rule for each option, so that none can be forgotten. */
export type OptionRules<Options> = { readonly [Name in keyof Options]-?: OptionRule };

/** An option that may be left out. */
export function optional(type: string, accepts: (value: unknown) => boolean): OptionRule {
  return { type, required: false, accepts };
}

/** An option that must be given. */
export function required(type: string, accepts: (value: unknown) => boolean): OptionRule {
  return { type, required: true, accepts };
}

export const isText = (value: unknown): boolean => typeof value === "string" && value !== "" && !value.includes("\0");
export const isBoolean = (value: unknown): boolean => typeof value === "boolean";
export const isInt32 = (value: unknown): boolean => typeof value === "number" && (value | 0) === value;
export const isUint32 = (value: unknown): boolean => typeof value === "number" && value >>> 0 === value;
export const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
export const isUint64 = (value: unknown): boolean => typeof value === "bigint" && BigInt.asUintN(64, value) === value;

/** True for one of these texts. */
export function isOneOf(...texts: readonly string[]): (value: unknown) => boolean {
  return (value) => typeof value === "string" && texts.includes(value);
}

/** True for an array, not empty, of which each element is accepted. */
export function isListOf(accepts: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => Array.isArray(value) && value.length > 0 && value.every((each) => accepts(each));
}

/** The option that most kinds of tracing take. */
export const cookieRule: OptionRule = optional("bigint", isUint64);

/** The rules by name. OptionRules has nothing but rules in it, which an erased type does not show. */
function rulesOf(kind: LinkKind<object>): readonly (readonly [string, OptionRule])[] {
  return Object.entries(kind.options as Readonly<Record<string, OptionRule>>);
}

/** `{ interface: string | number; mode?: "generic" }`, for messages. */
function describeOptions(kind: LinkKind<object>): string {
  const rules = rulesOf(kind);
  if (rules.length === 0) return "none";
  return `{ ${rules.map(([name, rule]) => `${name}${rule.required ? "" : "?"}: ${rule.type}`).join("; ")} }`;
}

/** An ERR_BPF_INVALID_ARGUMENT about the options of `program`, which says what its kind takes. */
export function optionError(kind: LinkKind<object>, program: AttachableProgram, what: string): BpfError {
  const options = describeOptions(kind);
  return new BpfError(
    "ERR_BPF_INVALID_ARGUMENT",
    `${describeProgram(program)} can't be attached: ${what}. ` +
      (options === "none"
        ? `${capitalised(kind.title)} takes no options: ${kind.example}`
        : `${capitalised(kind.title)} takes ${options}, for example ${kind.example}`),
  );
}

/**
 * The options, checked against the kind's rules: every name known, every value of its type, all required ones there.
 *
 * @throws BpfError ERR_BPF_INVALID_ARGUMENT. `owners` says for which kinds an option would have been right.
 */
export function checkOptions<Options extends object>(
  kind: LinkKind<Options>,
  program: AttachableProgram,
  options: unknown,
  owners: (name: string) => readonly string[],
): Options {
  if (options !== undefined && (typeof options !== "object" || options === null || Array.isArray(options))) {
    throw optionError(kind, program, `its options are not an object but ${typeofValue(options)}`);
  }
  const given = new Map<string, unknown>(Object.entries(options ?? {}).filter(([, value]) => value !== undefined));
  const rules = new Map(rulesOf(kind));
  for (const [name, value] of given) {
    const rule = rules.get(name);
    if (rule === undefined) {
      const others = owners(name);
      const where = others.length === 0 ? "" : `, which is for ${others.join(", ")}`;
      throw optionError(kind, program, `it has no option ${quoteName(name)}${where}`);
    }
    if (!rule.accepts(value)) {
      throw optionError(kind, program, `option ${quoteName(name)} must be ${rule.type}, not ${showValue(value)}`);
    }
  }
  for (const [name, rule] of rules) {
    if (rule.required && !given.has(name)) throw optionError(kind, program, `option ${quoteName(name)} is missing`);
  }
  // Each property was checked against the rule of its name, and OptionRules has one for each name of Options.
  return Object.fromEntries(given) as Options;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function typeofValue(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "an array" : `a ${typeof value}`;
}

function showValue(value: unknown): string {
  if (typeof value === "string") return quoteName(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return typeofValue(value);
}
