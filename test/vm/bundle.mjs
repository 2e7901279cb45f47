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
 * Compiles test files and the program that runs them.
 *
 * @param files paths relative to the root
 * @param folder to write into
 * @returns the path of the program; `list.json` beside it tells it which file has become what
 */
export async function bundle(files, folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const real = realpathSync(folder); // one name for each module, so that there is one of it
  const names = new Map(files.map((file) => [file, file.replace(/\.ts$/, "").replaceAll("/", "-")]));
  const build = await rolldown({
    input: {
      run: source("test/vm/run-tests.ts"),
      ...Object.fromEntries([...names].map(([file, name]) => [name, source(file)])),
    },
    platform: "node",
    plugins: [plugin],
    tsconfig: source("tsconfig.base.json"),
    transform: { target: "node20" },
    external: ["rolldown", "ts-morph", "typescript"],
    logLevel: "warn",
  });
  await build.write({
    dir: real,
    entryFileNames: "[name].mjs",
    chunkFileNames: "part-[hash].mjs",
    sourcemap: true,
  });
  await build.close();
  const list = [...names].map(([file, name]) => ({ file, module: join(real, `${name}.mjs`) }));
  writeFileSync(join(real, "list.json"), JSON.stringify(list));
  return join(real, "run.mjs");
}
