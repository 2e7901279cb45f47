// Builds everything that is needed to use the packages: the addon, both packages, the examples' bindings, the examples.
import { readdirSync } from "node:fs";
import { bin, install, main, root, step } from "./steps.mjs";

/** @returns the examples: folders with a compiled object */
function examples() {
  return readdirSync(`${root}examples`, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((folder) =>
      readdirSync(`${root}examples/${folder.name}`)
        .filter((file) => file.endsWith(".bpf.o"))
        .map((file) => `examples/${folder.name}/${file}`),
    );
}

export function build() {
  install();
  const tsc = bin("typescript", "tsc");
  step("Building the addon", process.execPath, ["scripts/build-native.mjs"]);
  step("Compiling the packages", process.execPath, [tsc, "-b", "packages/loader", "packages/codegen"]);
  step("Bundling the loader", process.execPath, [bin("rolldown"), "-c", "packages/loader/rolldown.config.mjs"]);
  for (const config of ["packages/codegen/rolldown.config.mjs", "packages/loader/rolldown.command.config.mjs"]) {
    step("Bundling a command", process.execPath, [bin("rolldown"), "-c", config]);
  }
  for (const object of examples()) {
    step(`Generating ${object.replace(/\.bpf\.o$/, ".ts")}`, process.execPath, [
      "packages/codegen/bin/bpf-codegen.cjs",
      object,
      "-o",
      object.replace(/\.bpf\.o$/, ".ts"),
    ]);
  }
  step("Compiling the examples", process.execPath, [tsc, "-b", "examples"]);
}

if (import.meta.filename === process.argv[1]) await main(build);
