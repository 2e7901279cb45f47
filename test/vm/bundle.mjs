// The kernel tests as plain modules: what would take minutes in an emulated machine is done here.
import { mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { rolldown } from "rolldown";
import { root } from "../../scripts/steps.mjs";

const source = (path) => join(root, path);

/** What `vitest.config.ts` resolves. */
const ALIASES = [
  { find: /^bpf-loader\/codegen-runtime\/v1$/, replacement: source("packages/loader/src/codegen-runtime/v1.ts") },
  { find: /^bpf-loader\/([a-z-]+)$/, replacement: source("packages/loader/src/$1/index.ts") },
  { find: /^bpf-loader$/, replacement: source("packages/loader/src/index.ts") },
  { find: /^bpf-codegen$/, replacement: source("packages/codegen/src/index.ts") },
];

const plugin = {
  name: "kernel-tests",
  async resolveId(id, importer, options) {
    const alias = ALIASES.find(({ find }) => find.test(id));
    if (alias === undefined) return null;
    return this.resolve(id.replace(alias.find, alias.replacement), importer, { ...options, skipSelf: true });
  },
  /** Tests find their fixtures, and the loader its addon, beside the source. Lines stay where they are. */
  load(id) {
    if (!id.startsWith(root) || id.includes("node_modules") || !/\.[cm]?[jt]s$/.test(id)) return null;
    const code = readFileSync(id, "utf8");
    return code.replaceAll("import.meta.url", JSON.stringify(pathToFileURL(id).href));
  },
};

/**
 * Compiles programs of TypeScript into modules for a Node of its own.
 *
 * @param input names and paths of the programs
 * @param folder to write into, inside the repository: that is where packages that stay packages are found
 * @returns a function that gives the path of a module by its name
 */
export async function compile(input, folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const dir = realpathSync(folder); // one name for each module, so that there is one of it
  const build = await rolldown({
    input,
    platform: "node",
    plugins: [plugin],
    tsconfig: source("tsconfig.base.json"),
    transform: { target: "node20" },
    external: ["rolldown", "ts-morph", "typescript"],
    logLevel: "warn",
  });
  await build.write({
    dir,
    entryFileNames: "[name].mjs",
    chunkFileNames: "part-[hash].mjs",
    sourcemap: true,
  });
  await build.close();
  return (name) => join(dir, `${name}.mjs`);
}

/**
 * Compiles test files and the program that runs them.
 *
 * @param files paths relative to the root
 * @param folder as for {@link compile}
 * @returns the path of the program; `list.json` beside it tells it which file has become what
 */
export async function bundle(files, folder) {
  const names = new Map(files.map((file) => [file, file.replace(/\.ts$/, "").replaceAll("/", "-")]));
  const tests = Object.fromEntries([...names].map(([file, name]) => [name, source(file)]));
  const path = await compile({ run: source("test/vm/run-tests.ts"), ...tests }, folder);
  const list = [...names].map(([file, name]) => ({ file, module: path(name) }));
  writeFileSync(join(folder, "list.json"), JSON.stringify(list));
  return path("run");
}
