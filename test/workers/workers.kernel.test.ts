import { fileURLToPath } from "node:url";
import { beforeEach, expect, it } from "vitest";
import { childProgram } from "../child-process.ts";
import { requireKernel } from "../kernel.ts";

const object = fileURLToPath(new URL("../../packages/loader/src/links/fixtures/attach.el.o", import.meta.url));
const ROUNDS = 5;

beforeEach(requireKernel);

it("workers that are terminated while they load, attach and read leave nothing", { timeout: 300_000 }, async () => {
  using child = await childProgram(new URL("loading-workers.ts", import.meta.url));
  const name = `workers_${process.pid % 1_000_000}`;
  const { stdout, stderr, status } = await child.run([], [object, name, String(ROUNDS), "1"]);
  expect(stderr).toBe("");
  expect(status).toBe(0);
  const { before, left, seen } = JSON.parse(stdout) as { before: unknown; left: unknown; seen: number };
  expect(before).toEqual([]);
  expect(left).toEqual({ open: [], mappings: 0, inKernel: [] });
  // They were there.
  expect(seen).toBeGreaterThanOrEqual(4 * ROUNDS);
});
