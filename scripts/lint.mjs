// `npm run lint`: formatting, lint rules with types, unused code, package shape, published types.
import { build } from "./build.mjs";
import { bin, main, root, step } from "./steps.mjs";

await main(() => {
  build();
  const node = process.execPath;
  step("Formatting (oxfmt)", node, [bin("oxfmt"), "--check", "."]);
  step("Rules (oxlint)", node, [bin("oxlint"), "--type-aware", "--deny-warnings", "."]);
  step("Types of the tests (tsc)", node, [bin("typescript", "tsc"), "-p", "test"]);
  step("Unused code (knip)", node, [bin("knip")]);
  for (const name of ["loader", "codegen"]) {
    step(`Package shape of ${name} (publint)`, node, [bin("publint"), "--strict", `${root}packages/${name}`]);
    step(`Published types of ${name} (attw)`, node, [
      bin("@arethetypeswrong/cli", "attw"),
      "--pack",
      `${root}packages/${name}`,
      "--profile",
      "esm-only",
    ]);
  }
});
