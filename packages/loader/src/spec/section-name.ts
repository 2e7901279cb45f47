import { AttachType, ProgramType } from "../uapi/index.ts";
import { sectionTable } from "./section-table.ts";
import type { SectionRule } from "./section-table.ts";

/** What a program section's name says. */
export interface SectionName {
  /** `undefined` when no rule matches: the program's type is then unspecified. */
  readonly rule: SectionRule | undefined;
  /** What stands behind the rule's prefix and `/`; empty when nothing does, or the rule takes no target. */
  readonly attachTo: string;
  /** False when the name starts with `?`. */
  readonly autoload: boolean;
}

const byPrefix: ReadonlyMap<string, SectionRule> = new Map(sectionTable.map((rule) => [rule.prefix, rule]));

/** Names that libbpf dropped in its version 1.0 or never had. */
const olderRules: readonly SectionRule[] = [
  rule("seccomp", ProgramType.SOCKET_FILTER, 0, "socket"),
  rule("xdp_devmap", ProgramType.XDP, AttachType.XDP_DEVMAP, "xdp"),
  rule("xdp_cpumap", ProgramType.XDP, AttachType.XDP_CPUMAP, "xdp"),
];

function rule(prefix: string, type: ProgramType, attachType: AttachType, attach: SectionRule["attach"]): SectionRule {
  return { prefix, suffix: true, type, attachType, flags: 0, attach, auto: "never", attachBtf: false };
}

/**
 * Before libbpf 1.0 most names were prefixes: `"xdp_pass"`, `"classifier/ingress"`, `"socket1"`. They are read as long as no
 * letter follows the prefix, so that `"tcp_thing"` does not become a `tc` program.
 */
const byOlderPrefix: ReadonlyMap<string, SectionRule> = new Map(
  [...sectionTable.filter(({ suffix, prefix }) => !suffix || prefix === "struct_ops"), ...olderRules].map((rule) => [
    rule.prefix,
    rule,
  ]),
);
const longestOlderPrefix = Math.max(...Array.from(byOlderPrefix.keys(), (prefix) => prefix.length));

/** Finds the rule for the name of a program section. */
export function parseSectionName(name: string): SectionName {
  const autoload = !name.startsWith("?");
  const bare = autoload ? name : name.slice(1);
  return { ...(matchRule(bare) ?? matchOlderRule(bare) ?? NO_RULE), autoload };
}

const NO_RULE = { rule: undefined, attachTo: "" };

type Match = Pick<SectionName, "rule" | "attachTo">;

function matchRule(name: string): Match | undefined {
  const whole = byPrefix.get(name);
  if (whole !== undefined) return { rule: whole, attachTo: "" };
  // No prefix of a rule that takes a target has a slash in it.
  const slash = name.indexOf("/");
  if (slash === -1) return undefined;
  const rule = byPrefix.get(name.slice(0, slash));
  return rule?.suffix === true ? { rule, attachTo: name.slice(slash + 1) } : undefined;
}

function matchOlderRule(name: string): Match | undefined {
  for (let length = Math.min(name.length, longestOlderPrefix); length > 0; length--) {
    const rule = byOlderPrefix.get(name.slice(0, length));
    if (rule === undefined) continue;
    const rest = name.slice(length);
    if (rest !== "" && /^[a-z]/i.test(rest)) continue;
    return { rule, attachTo: rule.suffix && rest.startsWith("/") ? rest.slice(1) : "" };
  }
  return undefined;
}
