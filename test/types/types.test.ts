import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

it("what must compile does, and each mistake does not", () => {
  const tsc = path("../../node_modules/typescript/bin/tsc");
  const { stdout } = spawnSync(process.execPath, [tsc, "-p", path("tsconfig.json")], { encoding: "utf8" });
  expect(stdout).toBe("");
  // Each of these is a compile error that was expected and came.
  expect(readFileSync(path("generated-object.ts"), "utf8").match(/@ts-expect-error \w/g)).toHaveLength(76);
});
