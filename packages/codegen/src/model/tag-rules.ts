import type { Btf, TypeId } from "bpf-loader/btf";
import type { CompositeShape, MemberShape } from "bpf-loader/codec";
import { BpfError, quoteName } from "bpf-loader/errors";
import type { TagRule } from "../config.ts";
import type { DeclarationTags } from "./declaration-tags.ts";
import { placeOf } from "./value-rules.ts";

/** Name of what a rule makes of a union that has none. */
const DEFAULT_NAME = "data";

/** A union of which another member of its struct says which member is meant. */
export interface Tagging {
  /** Where the tag is in the struct. */
  readonly tag: MemberShape;
  readonly cases: readonly TaggedCase[];
  /** What the union is called, which has its own name unless it is anonymous. */
  readonly name: string;
}

/** The member of a union that is meant by one value of its tag. */
interface TaggedCase {
  readonly value: bigint;
  /** The enum's constant; `undefined` for a tag that is no enum. */
  readonly constant: string | undefined;
  readonly member: MemberShape;
}

interface GivenRule extends TagRule {
  matched: boolean;
}

/** Which unions are told apart by a tag: rules of the options, and `ts:by=…` in the object's own declarations. */
export class TagRules {
  readonly #btf: Btf;
  readonly #tags: DeclarationTags;
  readonly #rules = new Map<string, GivenRule>();
  readonly #problems: string[] = [];
  readonly #warnings = new Set<string>();

  /** @throws BpfError `ERR_BPF_INVALID_ARGUMENT` for two rules for one union. */
  constructor(btf: Btf, tags: DeclarationTags, rules: readonly TagRule[]) {
    this.#btf = btf;
    this.#tags = tags;
    for (const rule of rules) {
      const place = placeOf(rule.union);
      if (this.#rules.has(place))
        throw new BpfError("ERR_BPF_INVALID_ARGUMENT", `the union ${quoteName(rule.union)} has two tags`);
      this.#rules.set(place, { ...rule, matched: false });
    }
  }

  /** Tags in the object that make no sense, a sentence each. */
  get warnings(): readonly string[] {
    return [...this.#warnings];
  }

  /**
   * How a union is told apart; `undefined` when nothing says it.
   *
   * @param owner name of the struct that it is in
   * @param fields of the struct
   * @param declared the struct that has it for a member, which may be an anonymous one in the owner, and its index there
   */
  of(
    owner: string,
    union: MemberShape & { readonly shape: CompositeShape },
    fields: readonly MemberShape[],
    declared: { readonly id: TypeId; readonly index: number },
  ): Tagging | undefined {
    const place = union.name === "" ? owner : `${owner}.${union.name}`;
    const rule = this.#rules.get(place);
    if (rule !== undefined) rule.matched = true;
    const by = rule?.by ?? this.#declaredTag(declared, union.shape.compositeId);
    if (by === undefined) return undefined;
    const tagging = this.#resolve(union, fields, { by, cases: rule?.cases, name: rule?.as ?? DEFAULT_NAME });
    if (typeof tagging !== "string") return tagging;
    const problem = `the tag of the union ${quoteName(place)}: ${tagging}`;
    if (rule === undefined) this.#warnings.add(`${problem}; it has all of its members`);
    else this.#problems.push(problem);
    return undefined;
  }

  /**
   * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` for a rule that does not fit its union, `ERR_BPF_NOT_FOUND` for one of no union.
   */
  check(): void {
    const [problem] = this.#problems;
    if (problem !== undefined) throw new BpfError("ERR_BPF_INVALID_ARGUMENT", problem);
    for (const { union, matched } of this.#rules.values())
      if (!matched) {
        const hint = 'it is named as struct.member ("event.data"), an anonymous one as its struct ("event")';
        throw new BpfError("ERR_BPF_NOT_FOUND", `the object uses no union ${quoteName(union)}; ${hint}`);
      }
  }

  #declaredTag({ id, index }: { readonly id: TypeId; readonly index: number }, unionId: TypeId): string | undefined {
    // Behind the brace of a union without a name, the compiler takes it for the type.
    return withPrefix([...this.#tags.of(id, index), ...this.#tags.of(unionId)], "by=");
  }

  #resolve(
    union: MemberShape & { readonly shape: CompositeShape },
    fields: readonly MemberShape[],
    rule: { readonly by: string; readonly cases: TagRule["cases"]; readonly name: string },
  ): Tagging | string {
    const tag = fields.find(({ name }) => name === rule.by);
    if (tag === undefined) return `its struct has no member ${quoteName(rule.by)}`;
    const { shape, bitfield } = tag;
    if ((shape.kind !== "enum" && shape.kind !== "int") || bitfield?.value === "boolean")
      return `${quoteName(rule.by)} is neither an enum nor an integer`;
    const constants = new Map<string, bigint>();
    if (shape.kind === "enum")
      for (const { name, value } of shape.values) if (!constants.has(name)) constants.set(name, BigInt(value));
    const members = new Map(
      union.shape.members
        .filter(({ name, bitfield }) => name !== "" && bitfield === undefined)
        .map((member) => [member.name, member]),
    );
    const named =
      rule.cases === undefined ? this.#declaredCases(union.shape, [...constants.keys()]) : Object.entries(rule.cases);
    const cases: TaggedCase[] = [];
    for (const [constant, memberName] of named) {
      const value = constants.get(constant) ?? (/^-?\d{1,20}$/.test(constant) ? BigInt(constant) : undefined);
      if (value === undefined) return `there is no constant ${quoteName(constant)}`;
      const member = members.get(memberName);
      if (member === undefined) return `it has no member ${quoteName(memberName)} with a name and bytes of its own`;
      if (cases.some((other) => other.value === value)) return `two cases are ${value}`;
      cases.push({ value, constant: constants.has(constant) ? constant : undefined, member });
    }
    if (cases.length === 0) return "no constant is called as one of its members is; say which are with cases";
    return { tag, cases, name: union.name === "" ? rule.name : union.name };
  }

  /** By `ts:case=…` of the members, or the constants that end with the members' names: `EVENT_EXEC` for `exec`. */
  #declaredCases(union: CompositeShape, constants: readonly string[]): (readonly [string, string])[] {
    const type = this.#btf.type(union.compositeId);
    const members = type.kind === "union" ? type.members : [];
    return members.flatMap(({ name }, index): (readonly [string, string])[] => {
      if (name === "") return [];
      const declared = this.#tags.of(union.compositeId, index).flatMap((text) => withPrefix([text], "case=") ?? []);
      if (declared.length > 0) return declared.map((constant) => [constant, name]);
      const wanted = name.toLowerCase();
      const exact = constants.filter((constant) => constant.toLowerCase() === wanted);
      const ending = constants.filter((constant) => constant.toLowerCase().endsWith(`_${wanted}`));
      const [constant, ...others] = exact.length > 0 ? exact : ending;
      return constant === undefined || others.length > 0 ? [] : [[constant, name]];
    });
  }
}

function withPrefix(texts: readonly string[], prefix: string): string | undefined {
  return texts.find((text) => text.startsWith(prefix))?.slice(prefix.length);
}
