// `npm run clean`: removes what the build made; packages stay installed.
import { rmSync } from "node:fs";
import { root } from "./steps.mjs";

const built = [
  "packages/loader/dist",
  "packages/loader/prebuilds",
  "packages/codegen/dist",
  "examples/dist",
  "native/build",
];
for (const folder of built) rmSync(`${root}${folder}`, { recursive: true, force: true });
