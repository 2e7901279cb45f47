// `npm test`: sets everything up, then runs the tests. Arguments go to vitest: `npm test -- packages/loader/src/btf`.
import { spawnSync } from "node:child_process";
import { build } from "./build.mjs";
import { bin, main, root, step } from "./steps.mjs";

await main(() => {
  build();
  step("Checking the tests' types", process.execPath, [bin("typescript", "tsc"), "-p", "test"]);
  const { status } = spawnSync(process.execPath, [bin("vitest"), "run", ...process.argv.slice(2)], {
    cwd: root,
    stdio: "inherit",
  });
  return status ?? 1;
});
