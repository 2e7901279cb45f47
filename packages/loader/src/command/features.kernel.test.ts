import { spawnSync } from "node:child_process";
import stringWidth from "string-width";
import { beforeEach, describe, expect, test } from "vitest";
import { bpfCommand, bpfJson, onTerminal, runBpf } from "../../../../test/bpf-command.ts";
import { requireKernel } from "../../../../test/kernel.ts";

beforeEach(requireKernel);

describe("bpf features", () => {
  test("answers by group and name", () => {
    const { kernel, groups, helpers } = bpfJson(["features"]) as {
      kernel: string;
      groups: Record<string, Record<string, { supported: boolean | null; since?: string; reason?: string }>>;
      helpers?: unknown;
    };
    expect(kernel).toMatch(/^\d+\.\d+/);
    expect(helpers).toBeUndefined();
    expect(groups["mapTypes"]?.["BPF_MAP_TYPE_HASH"]).toEqual({ supported: true });
    for (const [name, answer] of Object.values(groups).flatMap((group) => Object.entries(group))) {
      if (answer.supported === true) expect(answer, name).toEqual({ supported: true });
      else expect(answer, name).toMatchObject({ supported: answer.supported ?? null, reason: expect.any(String) });
      expect([true, false, null]).toContain(answer.supported);
    }
  });

  test("tells helpers when asked, and only what has one of the words", () => {
    expect(bpfJson(["features", "--helpers", "bpf_redirect_map"])).toMatchObject({
      groups: {},
      helpers: { BPF_PROG_TYPE_XDP: { bpf_redirect_map: { supported: true } } },
    });
    expect(runBpf(["features", "RINGBUF"])).toEqual({
      status: 0,
      stderr: "",
      stdout: expect.stringMatching(/^map types: \d of 2\n(?: {2}BPF_MAP_TYPE_(?:USER_)?RINGBUF.*\n(?: {4}.*\n)*)+$/),
    });
    expect(runBpf(["features", "nothing-has-it"])).toEqual({
      status: 1,
      stdout: "",
      stderr: "bpf: no feature has a name with nothing-has-it in it\n",
    });
  });

  test("says once why nothing can be told, where a privilege lacks", (context) => {
    const command = [
      "--bounding-set=-all",
      "--inh-caps=-all",
      process.execPath,
      bpfCommand,
      "features",
      "BPF_MAP_TYPE",
    ];
    const { error, stdout, stderr } = spawnSync("setpriv", command, { encoding: "utf8" });
    context.skip(error !== undefined || stderr !== "", `setpriv can't drop capabilities here: ${stderr}`);
    const reasons = stdout.match(/can't tell; .*/g) ?? [];
    expect(reasons.length).toBeGreaterThan(0);
    expect(new Set(reasons).size).toBe(reasons.length);
    expect(stdout).toMatch(/ {2}BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_ARRAY, .*: can't tell; .* lacks CAP_/);
  });

  test.for([40, 80, 200])("fits a terminal of %i columns", (columns, context) => {
    const text = onTerminal(["features"], columns);
    context.skip(text === undefined, "there is no script(1) to make a terminal with");
    const lines = (text ?? "").split("\n");
    expect(lines.length).toBeGreaterThan(20);
    for (const line of lines) expect(stringWidth(line), line).toBeLessThanOrEqual(columns);
  });
});
