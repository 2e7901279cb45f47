/**
 * Finds and loads the native addon, which comes built inside the package.
 *
 * @module
 */
import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { BpfError } from "../errors/index.ts";
import type { Addon } from "./addon-interface.ts";

/** The version of `addon-interface.ts`; raised with every change that an older binary can't serve. */
const ABI = 2;

// Written out one by one, so that a bundler sees which files there are. The folder is two above both src/sys and dist/chunks.
const prebuilds: ReadonlyMap<string, URL> = new Map([
  ["linux-x64-glibc", new URL("../../prebuilds/linux-x64-glibc.node", import.meta.url)],
  ["linux-arm64-glibc", new URL("../../prebuilds/linux-arm64-glibc.node", import.meta.url)],
  ["linux-x64-musl", new URL("../../prebuilds/linux-x64-musl.node", import.meta.url)],
  ["linux-arm64-musl", new URL("../../prebuilds/linux-arm64-musl.node", import.meta.url)],
]);

let loaded: Addon | undefined;

/**
 * The addon, loaded at the first call.
 *
 * @throws BpfError `ERR_BPF_ADDON` when there is none for this platform, or when it does not load; the message tells the
 *   platform and what to do.
 */
export function addon(): Addon {
  loaded ??= load();
  return loaded;
}

/**
 * For tests: has something stand before the addon from now on, in this thread. Objects that are open keep what they opened with.
 *
 * @param wrap gets what there is, gives what stands for it
 */
export function wrapAddon(wrap: (real: Addon) => Addon): void {
  loaded = wrap(addon());
}

function load(): Addon {
  const target = `${process.platform}-${process.arch}-${process.platform === "linux" ? libc() : "none"}`;
  const file = prebuilds.get(target);
  if (file === undefined) {
    throw new BpfError(
      "ERR_BPF_ADDON",
      process.platform === "linux"
        ? `there is no native addon for ${target}; there are: ${[...prebuilds.keys()].join(", ")}`
        : `eBPF programs load into Linux only, and this is ${process.platform}; reading objects and generating code work everywhere`,
    );
  }
  const path = fileURLToPath(file);
  const found: { exports: unknown } = { exports: {} };
  try {
    // What `require` comes to. Its search for the file takes longer than all the rest.
    process.dlopen(found, path);
  } catch (error) {
    throw new BpfError("ERR_BPF_ADDON", diagnosis(target, path, error), { cause: error });
  }
  const candidate = found.exports as Addon; // the abi is checked next; it stands for the whole interface
  if (candidate.abi !== ABI) {
    throw new BpfError(
      "ERR_BPF_ADDON",
      `the native addon for ${target} is of another version (${candidate.abi}, wanted ${ABI}); ${HOW_TO_BUILD}`,
    );
  }
  return candidate;
}

const HOW_TO_BUILD =
  "install the package again, or in a clone of the repository run `npm run build` (needs cmake and a C++20 compiler)";

function diagnosis(target: string, path: string, error: unknown): string {
  const text = error instanceof Error ? (error.message.split("\n", 1)[0] ?? "") : String(error);
  if (!existsSync(path)) return `the native addon for ${target} is not in the package; ${HOW_TO_BUILD}`;
  if (text.includes("addons is disabled") || process.execArgv.includes("--no-addons")) {
    return `Node runs with --no-addons, so that the native addon can't be loaded`;
  }
  return `the native addon for ${target} does not load with Node ${process.versions.node}: ${text}; ${HOW_TO_BUILD}`;
}

/** Which C library Node itself runs on: the name of the program interpreter is in the first bytes of its file. */
function libc(): "glibc" | "musl" {
  const head = Buffer.alloc(4096);
  try {
    const fd = openSync(process.execPath, "r");
    try {
      readSync(fd, head, 0, head.length, 0);
    } finally {
      closeSync(fd);
    }
  } catch {
    // Not readable: the common one is as good a guess as any, and a wrong one is diagnosed at the load.
  }
  return head.includes("ld-musl-") ? "musl" : "glibc";
}
