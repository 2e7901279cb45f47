// A module for a machine's kernel, with what no kernel has that can be had. Its source is beside this; what is built is kept in the cache.
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cache, run } from "../bench/peers.mjs";

const source = fileURLToPath(new URL("module/", import.meta.url));
const NAME = "bpf_loader_test.ko";
/** pahole writes the types of the module. */
const PROGRAMS = ["make", "gcc", "pahole"];

/**
 * Builds the module, if that was not done before.
 *
 * @param kernel as `prepareKernel` gives it
 * @returns `path` of the module, or the `reason` why there is none
 */
export function buildModule(kernel, say) {
  if (!kernel.buildsModules) return { reason: `the module ${NAME} is built for another kernel only` };
  const hash = createHash("sha256").update(kernel.release);
  for (const file of readdirSync(source).sort()) hash.update(readFileSync(join(source, file)));
  const folder = join(cache, "modules", hash.digest("hex").slice(0, 16));
  const path = join(folder, NAME);
  if (existsSync(path)) return { path };
  if (!existsSync(headersOf(kernel))) {
    return {
      reason: `the module ${NAME} can't be built without the headers of ${kernel.release}; --refresh fetches them`,
    };
  }
  const missing = PROGRAMS.filter((program) => !isInstalled(program));
  if (missing.length > 0) return { reason: `the module ${NAME} can't be built here without ${missing.join(", ")}` };
  const work = `${folder}.${process.pid}`;
  try {
    say(`Building ${NAME} for ${kernel.release}`);
    cpSync(source, work, { recursive: true });
    make(kernel, work);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    renameSync(join(work, NAME), path);
    return { path };
  } catch (error) {
    return { reason: `the module ${NAME} can't be built here: ${error.message}` };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function isInstalled(program) {
  try {
    run(program, ["--version"]);
    return true;
  } catch {
    return false;
  }
}

const headersOf = (kernel) => join(kernel.folder, "headers/usr/src");

/** Debian has what depends on the configuration in one folder, and the rest in another one. */
function make(kernel, work) {
  const headers = headersOf(kernel);
  const configured = `linux-headers-${kernel.release}`;
  const common = readdirSync(headers).find((name) => name.startsWith("linux-headers-") && name !== configured);
  const makefile = join(headers, common, "Makefile");
  run("make", ["-s", "-C", join(headers, configured), "-f", makefile, `M=${work}`, "CC=gcc", "modules"]);
}
