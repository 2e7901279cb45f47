import { helpers } from "../asm/helper.ts";
import { lacks, probeFeature, type FeatureProbe, type Support } from "../sys/index.ts";
import { AttachType, LinkType, MapType, ProgramType } from "../uapi/index.ts";
import { attachTypeProbe } from "./attach-types.ts";
import { btfKindProbes } from "./btf-kinds.ts";
import * as commands from "./commands.ts";
import { helperProbe } from "./helpers.ts";
import * as instructions from "./instruction-set.ts";
import { kprobeSessionLinks, rawTracepointCookies, uprobeMultiProcesses, uprobeSessionLinks } from "./link-kinds.ts";
import { linkTypeProbe } from "./link-types.ts";
import { mapFlagProbes } from "./map-flags.ts";
import * as mapOperations from "./map-operations.ts";
import { mapTypeProbe } from "./map-types.ts";
import { programTypeProbe, typesWithTarget } from "./program-types.ts";
import * as testRuns from "./test-runs.ts";

/** Probes that answer the same question. */
export interface FeatureGroup {
  /** `"mapTypes"` */
  readonly key: string;
  /** `"map types"` */
  readonly title: string;
  /** By names that are short and don't change: the kernel's for what it has one for. */
  readonly probes: ReadonlyMap<string, FeatureProbe>;
}

/** Answers by group and name; those on helpers by the type of program and the helper's name. */
export interface AllFeatures {
  readonly groups: Readonly<Record<string, Readonly<Record<string, Support>>>>;
  readonly helpers: Readonly<Record<string, Readonly<Record<string, Support>>>>;
}

/** Every probe but those on helpers. */
export function featureGroups(): readonly FeatureGroup[] {
  return [
    group("programTypes", "program types", byNumber(ProgramType, "BPF_PROG_TYPE_", programTypeProbe)),
    group("mapTypes", "map types", byNumber(MapType, "BPF_MAP_TYPE_", mapTypeProbe)),
    group(
      "mapFlags",
      "map flags",
      Object.entries(mapFlagProbes).map(([name, probe]) => [`BPF_F_${name}`, probe]),
    ),
    group("mapOperations", "operations on maps", Object.entries(mapOperations)),
    group("attachTypes", "attach types", byNumber(AttachType, "BPF_", attachTypeProbe)),
    group("linkTypes", "link types", byNumber(LinkType, "BPF_LINK_TYPE_", linkTypeProbe)),
    group("instructions", "instructions and limits", Object.entries(instructions)),
    group("btf", "types of programs (BTF)", Object.entries(btfKindProbes)),
    group("commands", "commands of bpf(2)", Object.entries(commands)),
    group("testRuns", "test runs", Object.entries(testRuns)),
    group(
      "attachOptions",
      "options of links",
      Object.entries({ kprobeSessionLinks, rawTracepointCookies, uprobeMultiProcesses, uprobeSessionLinks }),
    ),
  ];
}

/**
 * For each type of program that the kernel has, which helper functions it may call: six thousand probes, which take about a second.
 * Those of types that are loaded for a function of the kernel can't be told and are left out.
 */
export function helperGroups(): readonly FeatureGroup[] {
  return Object.entries(ProgramType)
    .filter(([, type]) => type !== ProgramType.UNSPEC && !typesWithTarget.has(type))
    .filter(([, type]) => !lacks(programTypeProbe(type)))
    .map(([name, type]) =>
      group(
        `BPF_PROG_TYPE_${name}`,
        `helpers of BPF_PROG_TYPE_${name}`,
        [...helpers()].map(([helper, number]) => [helper, helperProbe(type, number)]),
      ),
    );
}

/** Tries everything out. Plain data, for `JSON.stringify()`. */
export function allFeatures(): AllFeatures {
  return { groups: answers(featureGroups()), helpers: answers(helperGroups()) };
}

function answers(groups: readonly FeatureGroup[]): AllFeatures["groups"] {
  return Object.fromEntries(
    groups.map(({ key, probes }) => [
      key,
      Object.fromEntries([...probes].map(([name, probe]) => [name, probeFeature(probe)])),
    ]),
  );
}

function group(key: string, title: string, probes: Iterable<readonly [string, FeatureProbe]>): FeatureGroup {
  return { key, title, probes: new Map(probes) };
}

/** A probe for each number of a kernel enumeration but `UNSPEC`. */
function byNumber(
  numbers: Readonly<Record<string, number>>,
  prefix: string,
  probe: (number: number) => FeatureProbe,
): readonly (readonly [string, FeatureProbe])[] {
  return Object.entries(numbers)
    .filter(([name]) => name !== "UNSPEC")
    .map(([name, number]) => [prefix + name, probe(number)] as const);
}
