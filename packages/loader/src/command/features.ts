import { featureGroups, helperGroups, probeFeature, type FeatureGroup, type Support } from "../features/index.ts";
import { kernelIsAtLeast, kernelRelease } from "../sys/index.ts";
import { CommandError } from "./errors.ts";
import type { SubCommand } from "./sub-command.ts";
import type { Terminal } from "./terminal.ts";
import { cutTo, widthOf, wrap } from "./terminal-text.ts";

interface Answered {
  readonly key: string;
  readonly title: string;
  readonly answers: readonly (readonly [name: string, support: Support])[];
}

/** `bpf features` */
export const features: SubCommand = {
  usage: ["features [WORD...]"],
  description: `Tries out what the running kernel can do. With words, only features whose names contain one of them.

JSON: { "kernel": "6.12.0", "groups": { "mapTypes": { "BPF_MAP_TYPE_HASH": { "supported": true }, … }, … } },
with --helpers also "helpers": { "BPF_PROG_TYPE_XDP": { "bpf_redirect": …, … }, … }. An answer is { "supported": true },
{ "supported": false, "since": "6.9", "reason": "…" }, "since" where it is known, or { "supported": null, "reason": "…" } where it
can't be told.`,
  flags: {
    helpers: { type: "boolean", text: "also which helper functions each type of program may call (some thousand)" },
  },
  run(args) {
    const words = args.positionals.map((word) => word.toLowerCase());
    const groups = answered(featureGroups(), words);
    const helpers = args.isSet("helpers") ? answered(helperGroups(), words) : [];
    if (words.length > 0 && groups.length + helpers.length === 0) {
      throw new CommandError(`no feature has a name with ${args.positionals.join(" or ")} in it`);
    }
    return {
      json: {
        kernel: kernelRelease(),
        groups: byName(groups),
        ...(args.isSet("helpers") ? { helpers: byName(helpers) } : {}),
      },
      text: (terminal) => [...groups, ...helpers].map((group) => groupText(group, terminal)).join("\n"),
    };
  },
};

function answered(groups: readonly FeatureGroup[], words: readonly string[]): readonly Answered[] {
  return groups.flatMap(({ key, title, probes }) => {
    const wanted = [...probes].filter(
      ([name]) => words.length === 0 || words.some((word) => name.toLowerCase().includes(word)),
    );
    if (wanted.length === 0) return [];
    return [{ key, title, answers: wanted.map(([name, probe]) => [name, probeFeature(probe)] as const) }];
  });
}

function byName(groups: readonly Answered[]): Record<string, Record<string, Record<string, string | boolean | null>>> {
  return Object.fromEntries(
    groups.map(({ key, answers }) => [
      key,
      Object.fromEntries(answers.map(([name, support]) => [name, plain(support)])),
    ]),
  );
}

function plain(support: Support): Record<string, string | boolean | null> {
  if (support.supported === true) return { supported: true };
  if (support.supported === undefined) return { supported: null, reason: support.reason };
  const since = support.since === undefined ? {} : { since: support.since };
  return { supported: false, ...since, reason: support.reason };
}

const INDENT = "  ";

/** What there is in as many columns as fit; of the others a line each, with the reason, or one for all that have the same. */
function groupText({ title, answers }: Answered, { width, bold, dim }: Terminal): string {
  const yes = answers.flatMap(([name, support]) => (support.supported === true ? [name] : []));
  const others = [...lacking(answers), ...unclear(answers)].map((text) => {
    const lines = wrap(text, width === undefined ? Infinity : width - 4);
    return dim(`${INDENT}${lines.join(`\n${INDENT}${INDENT}`)}\n`);
  });
  return `${bold(`${title}: ${yes.length} of ${answers.length}`)}\n${inColumns(yes, width)}${others.join("")}`;
}

/** Shorter than the reason, which names the feature and the kernel again. */
function lacking(answers: Answered["answers"]): readonly string[] {
  return answers.flatMap(([name, support]) => {
    if (support.supported !== false) return [];
    const { since } = support;
    if (since === undefined) return [`${name}: no`];
    return kernelIsAtLeast(since)
      ? [`${name}: no, this kernel was built or is run without (Linux ${since})`]
      : [`${name}: no, since Linux ${since}`];
  });
}

/** Without a privilege, it is the same for nearly all. */
function unclear(answers: Answered["answers"]): readonly string[] {
  const names = new Map<string, string[]>();
  for (const [name, support] of answers) {
    if (support.supported !== undefined) continue;
    const same = names.get(support.reason);
    if (same === undefined) names.set(support.reason, [name]);
    else same.push(name);
  }
  return [...names].map(([reason, same]) => `${same.join(", ")}: can't tell; ${reason}`);
}

/** Names below each other, one a line where nobody's terminal is to be fitted. */
function inColumns(names: readonly string[], width: number | undefined): string {
  if (names.length === 0) return "";
  const column = Math.max(...names.map(widthOf)) + INDENT.length;
  const count = width === undefined ? 1 : Math.max(1, Math.floor((width - INDENT.length) / column));
  const rows = Math.ceil(names.length / count);
  return Array.from({ length: rows }, (_, row) => {
    const line = Array.from({ length: count }, (_each, at) => (names[at * rows + row] ?? "").padEnd(column)).join("");
    const whole = `${INDENT}${line.trimEnd()}`;
    return `${width === undefined ? whole : cutTo(whole, width)}\n`;
  }).join("");
}
