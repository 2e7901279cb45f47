import { spawnSync } from "node:child_process";
import { beforeEach, describe, expect, test } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { helperNumber } from "../asm/index.ts";
import { kernelIsAtLeast } from "../sys/index.ts";
import { MapType, ProgramType } from "../uapi/index.ts";
import {
  allFeatures,
  featureGroups,
  helperProbe,
  mapTypeProbe,
  probeFeature,
  programTypeProbe,
  type AllFeatures,
  type Support,
} from "./index.ts";

beforeEach(requireKernel);

let found: AllFeatures | undefined;
const all = (): AllFeatures => (found ??= allFeatures());
const group = (key: string): Readonly<Record<string, Support>> => all().groups[key] ?? {};

/** Before 7.5 it does not know how newer verifiers say that a helper is not for a type of program, and takes that for a yes. */
function knowsHelperMessages(): boolean {
  const { stdout } = spawnSync(bpftool, ["-j", "version"], { encoding: "utf8" });
  const [major = 0, minor = 0] = (/"version":"(\d+)\.(\d+)/.exec(stdout) ?? []).slice(1).map(Number);
  return major > 7 || (major === 7 && minor >= 5);
}

/** `bpftool feature probe`: `have_hash_map_type: true`, lists of helpers. */
interface BpftoolFeatures {
  readonly program_types: Readonly<Record<string, boolean>>;
  readonly map_types: Readonly<Record<string, boolean>>;
  readonly helpers: Readonly<Record<string, readonly string[]>>;
  readonly misc: Readonly<Record<string, boolean>>;
}

const bpftool = process.env["BPFTOOL"] || "bpftool";

function bpftoolFeatures(): BpftoolFeatures | undefined {
  // Without "full", it leaves helpers out that write to the kernel's log.
  const { status, stdout } = spawnSync(bpftool, ["-j", "feature", "probe", "full"], { encoding: "utf8" });
  return status === 0 ? (JSON.parse(stdout) as BpftoolFeatures) : undefined; // as its source prints it
}

describe("the answers", () => {
  test("are those of bpftool, wherever both answer", { timeout: 60_000 }, (context) => {
    const theirs = bpftoolFeatures();
    if (theirs === undefined) return context.skip(`${bpftool} can't be run; see $BPFTOOL`);
    const differences: string[] = [];
    let compared = 0;
    const compare = (what: string, ours: Support | undefined, answer: boolean): void => {
      if (ours?.supported === undefined) return;
      compared++;
      if (ours.supported !== answer) differences.push(`${what}: bpftool says ${answer}, we ${ours.supported}`);
    };
    for (const [name, answer] of Object.entries(theirs.map_types)) {
      const type = name.replace(/^have_(.*)_map_type$/, "$1").toUpperCase();
      const ours = group("mapTypes");
      compare(name, ours[`BPF_MAP_TYPE_${type}`] ?? ours[`BPF_MAP_TYPE_${type}_DEPRECATED`], answer);
    }
    for (const [name, answer] of Object.entries(theirs.program_types)) {
      const type = name.replace(/^have_(.*)_prog_type$/, "$1").toUpperCase();
      // It loads a program for a function (fentry), and takes a kernel that refuses those, but no other tracing programs, for one
      // that has none.
      const refused = probeFeature(programTypeProbe(ProgramType.EXT)).supported === undefined;
      if (type === "TRACING" && refused) continue;
      compare(name, group("programTypes")[`BPF_PROG_TYPE_${type}`], answer);
    }
    for (const [name, available] of knowsHelperMessages() ? Object.entries(theirs.helpers) : []) {
      const type = name.replace(/^(.*)_available_helpers$/, "$1").toUpperCase();
      const ours = all().helpers[`BPF_PROG_TYPE_${type}`] ?? {};
      const names = new Set(available);
      for (const [helper, support] of Object.entries(ours)) {
        // It may be older than a helper.
        if (names.has(helper) || isOld(helper)) compare(`${helper} for ${type}`, support, names.has(helper));
      }
    }
    const { misc } = theirs;
    const instructions = group("instructions");
    for (const [name, key] of Object.entries({
      have_large_insn_limit: "largePrograms",
      have_bounded_loops: "boundedLoops",
      have_v2_isa_extension: "isaV2",
      have_v3_isa_extension: "isaV3",
      have_v4_isa_extension: "isaV4",
    })) {
      const answer = misc[name];
      if (answer !== undefined) compare(name, instructions[key], answer);
    }
    expect(differences).toEqual([]);
    expect(compared).toBeGreaterThan(knowsHelperMessages() ? 2000 : 50);
  });

  test("are yes on kernels that are new enough, but for what they can be built without", () => {
    const optional = /LIRC|NETKIT|netkit|KPROBE|kprobe|NETFILTER|netfilter|LSM|EXT|FENTRY|FEXIT|FSESSION|MODIFY|XSKMAP/;
    const unexpected = featureGroups().flatMap(({ probes }) =>
      [...probes].flatMap(([name, probe]) => {
        const { supported } = probeFeature(probe);
        if (optional.test(name) || probe.since === undefined || supported === undefined) return [];
        return supported || !kernelIsAtLeast(probe.since) ? [] : [`${name}, since ${probe.since}`];
      }),
    );
    expect(unexpected).toEqual([]);
  });

  test("are no on kernels that are too old", () => {
    const unexpected = featureGroups().flatMap(({ key, probes }) =>
      [...probes].flatMap(([name, probe]) => {
        if (probe.since === undefined || kernelIsAtLeast(probe.since)) return [];
        return probeFeature(probe).supported === true ? [`${key} ${name}, since ${probe.since}`] : [];
      }),
    );
    expect(unexpected).toEqual([]);
  });

  test("of each kind there are some, which are data", () => {
    expect(probeFeature(mapTypeProbe(MapType.HASH))).toEqual({ supported: true });
    const noSuchType = mapTypeProbe(9999);
    expect(probeFeature(noSuchType)).toEqual({
      supported: undefined,
      reason: expect.stringContaining("does not know"),
    });
    const lookup = helperNumber("bpf_map_lookup_elem") ?? 0;
    expect(probeFeature(helperProbe(ProgramType.XDP, lookup))).toEqual({ supported: true });
    expect(probeFeature(helperProbe(ProgramType.XDP, 99_999))).toMatchObject({
      supported: false,
      since: undefined,
      reason: expect.stringMatching(/has no helper 99999 for programs of type BPF_PROG_TYPE_XDP$/),
    });
    expect(probeFeature(helperProbe(ProgramType.TRACING, lookup))).toMatchObject({ supported: undefined });
    expect(JSON.parse(JSON.stringify(all())).groups.mapTypes.BPF_MAP_TYPE_HASH).toEqual({ supported: true });
  });
});

/** Helpers of Linux 5.15, which any bpftool knows that is still around. */
function isOld(helper: string): boolean {
  return (helperNumber(helper) ?? Infinity) <= 176;
}

test("a probe is one value, tried once, and leaves nothing open", () => {
  const before = openKernelObjects();
  const probe = { name: "nothing", since: "1.0", calls: 0, test: () => ++probe.calls > 0 };
  expect([probeFeature(probe), probeFeature(probe), probe.calls]).toEqual([
    { supported: true },
    { supported: true },
    1,
  ]);
  expect(mapTypeProbe(MapType.ARENA)).toBe(mapTypeProbe(MapType.ARENA));
  for (const { probes } of featureGroups()) for (const feature of probes.values()) feature.test();
  expect(openKernelObjects()).toEqual(before);
});

test("what could not be told is tried again", () => {
  let answer: boolean | string = "no privilege";
  const probe = { name: "nothing", since: undefined, test: () => answer };
  expect(probeFeature(probe)).toEqual({ supported: undefined, reason: "no privilege" });
  answer = false;
  expect(probeFeature(probe)).toMatchObject({ supported: false, reason: expect.stringMatching(/has no nothing$/) });
});
