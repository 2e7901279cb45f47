import type { Btf, TypeId } from "bpf-loader/btf";
import { isAnonymous } from "bpf-loader/codec";
import type { CompositeShape, TypeShape } from "bpf-loader/codec";
import { BpfError, quoteName } from "bpf-loader/errors";
import type { ValueRule } from "../config.ts";
import type { DeclarationTags } from "./declaration-tags.ts";
import { membersOf } from "./find-type.ts";
import { reservedInModule } from "./reserved.ts";
import { isBrandName, knownValues, valueAs } from "./value-kinds.ts";

/** What values of one type, or at one place, are to be. */
export interface Rule {
  /** As `as` of {@link ValueRule} says it. */
  readonly as: string;
  /** What asked for it, for messages: `"ktime_t as Nanoseconds"`. */
  readonly subject: string;
}

interface GivenRule extends Rule {
  matched: boolean;
}

/**
 * What values are where that is not what their C type makes them: rules of the options, by the names of types and of places, and
 * `ts:` tags of the object's own declarations. A rule for a place counts before a tag there, and both before one for the type.
 */
export class ValueRules {
  readonly #btf: Btf;
  readonly #types = new Map<string, GivenRule>();
  readonly #places = new Map<string, GivenRule>();
  readonly #given: readonly GivenRule[];
  readonly #tags: DeclarationTags;
  readonly #misfits = new Map<string, string>();
  readonly #warnings = new Set<string>();

  /**
   * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` for a rule that says nothing that could be meant.
   */
  constructor(btf: Btf, tags: DeclarationTags, rules: readonly ValueRule[]) {
    this.#btf = btf;
    this.#tags = tags;
    this.#given = rules.map((rule) => this.#add(rule));
  }

  /** Rules that say something about the object that it can't follow, a sentence each. */
  get warnings(): readonly string[] {
    return [...this.#warnings];
  }

  /** The rule for exactly this type: not for the one that a typedef stands for. */
  ofType(typeId: TypeId): Rule | undefined {
    if (this.#types.size === 0 && this.#tags.size === 0) return undefined;
    const { name } = this.#btf.type(typeId);
    const rule = name === "" ? undefined : this.#types.get(name);
    if (rule !== undefined) rule.matched = true;
    return rule ?? this.#ofTag(typeId);
  }

  /**
   * Rules for the members of a struct or union by their names, those of anonymous ones in it included.
   *
   * @param owner the name of the struct or union, its typedef's, or of where it is used
   */
  ofMembers(owner: string, composite: CompositeShape): Map<string, Rule> {
    const rules = new Map<string, Rule>();
    const visit = (shape: CompositeShape): void => {
      for (const [index, { name }] of membersOf(this.#btf, shape.compositeId).entries()) {
        if (name === "") continue;
        const rule = this.ofPlace(`${owner}.${name}`) ?? this.#ofTag(shape.compositeId, index);
        if (rule !== undefined && !rules.has(name)) rules.set(name, rule);
      }
      for (const member of shape.members) if (isAnonymous(member)) visit(member.shape);
    };
    visit(composite);
    return rules;
  }

  /** `"flows.key"`, `"dropped"`. */
  ofPlace(place: string): Rule | undefined {
    const rule = this.#places.get(place);
    if (rule !== undefined) rule.matched = true;
    return rule;
  }

  ofVariable(name: string): Rule | undefined {
    const rule = this.ofPlace(name);
    if (rule !== undefined || this.#tags.size === 0) return rule;
    const id = this.#btf.ofKinds("variable").find((id) => this.#btf.type(id).name === name);
    return id === undefined ? undefined : this.#ofTag(id);
  }

  /** Says that a rule asks for what a type can't be. Of a tag that is a warning. */
  misfit({ as, subject }: Rule, typeName: string, why?: string): void {
    const wanted = knownValues.get(as)?.fits ?? "an integer, a float, a string or a pointer";
    const problem = `${subject}: ${as} is for ${wanted}, and ${why ?? `${quoteName(typeName)} is not`}`;
    if (this.#given.some((rule) => rule.subject === subject)) this.#misfits.set(subject, problem);
    else this.#warnings.add(`${problem}; the tag counts for nothing`);
  }

  /**
   * @param kernel the same rules, for the kernel's types
   * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` for a rule that does not fit what it is for, `ERR_BPF_NOT_FOUND` for one that is
   * for nothing that there is.
   */
  check(kernel?: ValueRules): void {
    const [misfit] = [...this.#misfits.values(), ...(kernel === undefined ? [] : kernel.#misfits.values())];
    if (misfit !== undefined) throw new BpfError("ERR_BPF_INVALID_ARGUMENT", misfit);
    const unused = this.#given
      .filter(({ matched }, index) => !matched && (kernel === undefined || kernel.#given[index]?.matched !== true))
      .map(({ subject }) => subject);
    if (unused.length === 0) return;
    const hint =
      "a type is named as in C (ktime_t), a place as struct.member, map.key, map.value or as the variable; " +
      "what no map, variable or --type uses is not generated";
    const verb = unused.length === 1 ? "matches" : "match";
    throw new BpfError("ERR_BPF_NOT_FOUND", `${unused.join(", ")} ${verb} nothing in the object; ${hint}`);
  }

  #add({ type, field, as }: ValueRule): GivenRule {
    const name = field ?? type ?? "";
    const subject = `${quoteName(name)} as ${quoteName(as)}`;
    const problem = name.trim() === "" ? "it names neither a type nor a field" : problemOf(as);
    if (problem !== undefined) throw new BpfError("ERR_BPF_INVALID_ARGUMENT", `the value rule ${subject}: ${problem}`);
    const rule = { as, subject: `the value rule ${subject}`, matched: false };
    const before = [
      ...(type === undefined ? [] : [put(this.#types, withoutTag(type), rule)]),
      ...(field === undefined ? [] : [put(this.#places, placeOf(field), rule)]),
    ];
    if (before.some((other) => other !== undefined))
      throw new BpfError("ERR_BPF_INVALID_ARGUMENT", `${quoteName(name)} has two value rules`);
    return rule;
  }

  /** What a tag with an equals sign says is for others. */
  #ofTag(typeId: TypeId, index?: number): Rule | undefined {
    const as = this.#tags.of(typeId, index).find((text) => !text.includes("="));
    if (as === undefined) return undefined;
    const subject = `the tag ${quoteName(`ts:${as}`)}`;
    const problem = problemOf(as);
    if (problem === undefined) return { as, subject };
    this.#warnings.add(`${subject}: ${problem}`);
    return undefined;
  }
}

/** Whether a rule changes what a value of the type is, by itself or in all its elements. */
export function fits(shape: TypeShape, rule: Rule): boolean {
  return valueAs(shape, rule.as) !== undefined || (shape.kind === "array" && fits(shape.element, rule));
}

function problemOf(as: string): string | undefined {
  if (knownValues.has(as)) return undefined;
  if (!isBrandName(as))
    return `there is no ${quoteName(as)}; there are ${[...knownValues.keys()].join(", ")}, and names of your own, like UserId`;
  return reservedInModule.has(as) ? `${quoteName(as)} is a name that generated code uses itself` : undefined;
}

/** @returns what was there before. */
function put(rules: Map<string, GivenRule>, name: string, rule: GivenRule): GivenRule | undefined {
  const before = rules.get(name);
  rules.set(name, rule);
  return before;
}

function withoutTag(name: string): string {
  return name.trim().replace(/^(?:struct|union|enum|typedef)\s+/, "");
}

/** `struct flow.stats.bytes` → `flow_stats.bytes`: a struct without a name goes by where it is used. */
export function placeOf(field: string): string {
  const steps = withoutTag(field).split(".");
  const last = steps.pop() ?? "";
  return steps.length === 0 ? last : `${steps.join("_")}.${last}`;
}
