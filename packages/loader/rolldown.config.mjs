// The code of the package: two files start five times as fast as the two hundred of the sources. Declarations are tsc's.
import { readFileSync } from "node:fs";
import { defineConfig, rolldown } from "rolldown";

const { exports } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));
const names = Object.values(exports).flatMap((entry) => entry.default?.match(/^\.\/dist\/(.*)\.js$/)?.[1] ?? []);
// Not for users: the benchmarks time what is in it.
names.push("sys/index");

const input = (names) => ({
  cwd: import.meta.dirname,
  input: Object.fromEntries(names.map((name) => [name, `src/${name}.ts`])),
  platform: "node",
});

/** The modules that loading takes: what only a sub-path has, such as the assembler, stays there. */
async function modulesOfLoading() {
  const bundle = await rolldown(input(["index", "codegen-runtime/v1"]));
  const { output } = await bundle.generate();
  await bundle.close();
  const modules = output.flatMap(({ modules = {} }) => Object.entries(modules));
  return new Set(modules.flatMap(([id, { renderedLength }]) => (renderedLength > 0 ? [id] : [])));
}

const ofLoading = await modulesOfLoading();
const runsAnywhere = /\/src\/(?:asm|btf|codec|elf|errors|spec|uapi)\//;
const needsLinux = /\/src\/(?:collection|events|features|info|links|maps|programs|sys)\//;

export default defineConfig({
  ...input(names),
  output: {
    dir: "dist",
    sourcemap: true,
    // As deep as src/sys, from where the addon is found.
    chunkFileNames: "chunks/[name].js",
    codeSplitting: {
      groups: [
        // Groups take what their modules import along, unless a group of higher priority has it.
        { name: "spec", test: (id) => ofLoading.has(id) && runsAnywhere.test(id), priority: 2 },
        { name: "tools", test: (id) => runsAnywhere.test(id), priority: 1 },
        { name: "kernel", test: (id) => ofLoading.has(id) && needsLinux.test(id) },
      ],
    },
  },
});
