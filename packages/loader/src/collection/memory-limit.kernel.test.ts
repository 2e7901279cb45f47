import { fileURLToPath } from "node:url";
import { beforeEach, expect, it } from "vitest";
import { childProgram } from "../../../../test/child-process.ts";
import { requireKernel } from "../../../../test/kernel.ts";
import { countsLockedMemory } from "../sys/memory-accounting.ts";

beforeEach(requireKernel);

const object = fileURLToPath(new URL("./fixtures/choices.el.o", import.meta.url));

it("raises the limit of locked memory where the kernel counts it, and says so where it may not", async (context) => {
  using child = await childProgram(`
    import { readFileSync } from "node:fs";
    import { HashMap, loadCollectionSpec, u32 } from "bpf-loader";
    const spec = loadCollectionSpec(process.argv[2]);
    const limit = () => /Max locked memory\\s+(\\S+)/.exec(readFileSync("/proc/self/limits", "utf8"))[1];
    const attempt = async (options) => {
      const load = async (run) => {
        try {
          (await run()).close();
          return "loaded";
        } catch (error) {
          return error.missing + ": " + error.message;
        }
      };
      return [await load(() => spec.load(options)), await load(async () => spec.loadSync(options)), limit()];
    };
    const alone = (options) => {
      try {
        HashMap.create({ key: u32, value: u32, maxEntries: 4096, ...options }).close();
        return "created";
      } catch (error) {
        return error.missing + ": " + error.message;
      }
    };
    const withoutRaising = [await attempt({ raiseMemoryLimit: false }), alone({ raiseMemoryLimit: false })];
    const created = alone({});
    console.log(JSON.stringify([...withoutRaising, created, limit(), await attempt({})]));
  `);
  const outcome = await child.run(["prlimit", "--memlock=8192"], [object]).catch((error: unknown) => {
    context.skip(`prlimit is not there: ${String(error)}`);
    throw error;
  });
  expect(outcome.stderr).toBe("");
  const results = JSON.parse(outcome.stdout) as [string[], string, string, string, string[]];
  const [without, refused, created, limit, raised] = results;
  expect(created).toBe("created");
  if (!countsLockedMemory()) {
    // Later kernels count it for the control group, and the limit is nobody's business.
    expect([refused, limit]).toEqual(["created", "8192"]);
    expect([without, raised]).toEqual([
      ["loaded", "loaded", "8192"],
      ["loaded", "loaded", "8192"],
    ]);
    return;
  }
  expect(limit).toBe("unlimited");
  for (const message of [...without.slice(0, 2), refused]) {
    expect(message).toMatch(/^RLIMIT_MEMLOCK: .*the limit of locked memory is 8192 bytes.*ulimit -l unlimited/);
  }
  expect(without[2]).toBe("8192");
  expect(raised).toEqual(["loaded", "loaded", "unlimited"]);
});
