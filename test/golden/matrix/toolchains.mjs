// Compilers and runtimes of other versions, from npm, kept in the cache: none is installed here.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cache, run } from "../../bench/peers.mjs";

export const TYPESCRIPT = ["5.4", "5.9", "6", "7"];
export const NODE = ["20", "22", "24", "26"];
/** Those that run TypeScript as it is. */
export const STRIPPING = ["22", "24", "26"];

const packages = {
  ...Object.fromEntries(TYPESCRIPT.map((version) => [`typescript-${version}`, `npm:typescript@~${version}`])),
  ...Object.fromEntries(
    NODE.map((version) => [`node-${version}`, `npm:node-${process.platform}-${process.arch}@${version}`]),
  ),
  "@types/node": "^20.19.0",
  esbuild: "^0.28.0",
  tsx: "^4.21.0",
};

/** Installs what is not in the cache yet. @returns where it is */
export function installToolchains(say) {
  const manifest = `${JSON.stringify({ private: true, dependencies: packages }, undefined, 2)}\n`;
  const key = createHash("sha256").update(manifest).digest("hex").slice(0, 16);
  const folder = join(cache, `matrix-${key}`);
  if (!existsSync(folder)) {
    say(`Downloading TypeScript ${TYPESCRIPT.join(", ")} and Node.js ${NODE.join(", ")}`);
    const work = `${folder}.${process.pid}`;
    mkdirSync(work, { recursive: true });
    try {
      writeFileSync(join(work, "package.json"), manifest);
      // The node packages bring the programs as they are; nothing of what packages want to run is needed.
      run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], work);
      renameSync(work, folder);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }
  const modules = join(folder, "node_modules");
  const about = (name) => JSON.parse(readFileSync(join(modules, name, "package.json"), "utf8"));
  return {
    modules,
    /** Version and compiler of `5.4`. */
    typescript: (version) => {
      const { bin, version: exact } = about(`typescript-${version}`);
      return { exact, tsc: join(modules, `typescript-${version}`, bin.tsc) };
    },
    node: (version) => ({
      exact: about(`node-${version}`).version,
      program: join(modules, `node-${version}/bin/node`),
    }),
    tsx: join(modules, "tsx", "dist/loader.mjs"),
    esbuild: join(modules, "esbuild", about("esbuild").bin.esbuild),
  };
}
