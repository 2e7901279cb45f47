import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { TestContext } from "vitest";
import { childProgram } from "../../../../test/child-process.ts";
import type { ChildProgram } from "../../../../test/child-process.ts";
import { requireKernel, whyNoKernel } from "../../../../test/kernel.ts";
import { kernelIsAtLeast } from "../sys/index.ts";

/** What a load came to: the error, or nothing. */
interface Outcome {
  readonly code?: string;
  readonly missing?: string;
  readonly message?: string;
}

const object = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}.el.o`, import.meta.url));

let child: ChildProgram | undefined;

beforeAll(async () => {
  if (whyNoKernel !== undefined) return;
  child = await childProgram(`
    import { loadCollectionSpec } from "bpf-loader";
    const [object, choice] = process.argv.slice(2);
    let outcome = {};
    try {
      loadCollectionSpec(object).loadSync(JSON.parse(choice)).close();
    } catch ({ code, missing, message }) {
      outcome = { code, missing, message };
    }
    console.log(JSON.stringify(outcome));
  `);
});

afterAll(() => child?.[Symbol.dispose]());

beforeEach(requireKernel);

/** Loads programs and maps as root that has these capabilities and no others. */
async function loadWith(
  context: TestContext,
  capabilities: readonly string[],
  name: string,
  choice: { readonly programs?: readonly string[]; readonly maps?: readonly string[] },
): Promise<Outcome> {
  const bounding = ["-all", ...capabilities.map((capability) => `+${capability}`)].join(",");
  const drop = ["setpriv", `--bounding-set=${bounding}`];
  const probe = spawnSync("setpriv", [...drop.slice(1), "true"]);
  context.skip(
    probe.status !== 0,
    `setpriv can't drop capabilities here: ${probe.stderr?.toString() ?? "it is not there"}`,
  );
  const { stdout, stderr } = await child!.run(drop, [
    object(name),
    JSON.stringify({ maps: [], programs: [], ...choice }),
  ]);
  expect(stderr).toBe("");
  return JSON.parse(stdout) as Outcome;
}

describe("a process that lacks a capability is told which", () => {
  it("for a map", async (context) => {
    const { missing, message } = await loadWith(context, [], "choices", { maps: ["flows"] });
    expect(missing).toBe("CAP_BPF");
    expect(message).toMatch(/^map "flows": BPF_MAP_CREATE failed with EPERM/);
    expect(message).toMatch(kernelIsAtLeast("5.8") ? /the process lacks CAP_BPF/ : /the process lacks CAP_SYS_ADMIN/);
    expect(message).toMatch(/run it as root, or give it the capability \(setcap, /);
  });

  it("for a program on packets", async (context) => {
    context.skip(!kernelIsAtLeast("5.8"), "the kernel has no CAP_BPF");
    const choice = { programs: ["count_packets"], maps: [] };
    const { missing, message } = await loadWith(context, ["bpf"], "choices", choice);
    expect(missing).toBe("CAP_NET_ADMIN");
    expect(message).toMatch(/^program "count_packets": BPF_PROG_LOAD failed with EPERM.*lacks CAP_NET_ADMIN/);
    expect(await loadWith(context, ["bpf", "net_admin"], "choices", choice)).toEqual({});
  });

  it("for a program that traces", async (context) => {
    context.skip(!kernelIsAtLeast("5.8"), "the kernel has no CAP_BPF");
    const { missing, message } = await loadWith(context, ["bpf"], "explained", { programs: ["misspelt"] });
    expect(missing).toBe("CAP_PERFMON");
    expect(message).toMatch(/^program "misspelt": BPF_PROG_LOAD failed with EPERM.*lacks CAP_PERFMON/);
  });

  it("and not told so when the verifier refuses", async (context) => {
    context.skip(!kernelIsAtLeast("5.8"), "the kernel has no CAP_BPF");
    const { code, message } = await loadWith(context, ["bpf"], "refused", { programs: ["bad_pointer"] });
    expect(code).toBe("ERR_BPF_VERIFIER");
    expect(message).toMatch(/R0 invalid mem access/);
  });
});
