// Builds the addon and puts it where the loader looks for it. Does nothing when that is newer than every source.
//
//   node scripts/build-native.mjs [--force]
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, renameSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { bin, root } from "./steps.mjs";

const native = join(root, "native");

function files(folder) {
  return readdirSync(join(root, folder)).map((name) => join(root, folder, name));
}

/** Every file that the binary depends on. */
function sources() {
  return [...files("native/src"), ...files("cmake"), join(native, "CMakeLists.txt"), join(native, "package.json")];
}

/** The C library of the Node that runs this, which the addon is built for. */
function libc() {
  process.report.excludeNetwork = true;
  return process.report.getReport().header.glibcVersionRuntime === undefined ? "musl" : "glibc";
}

function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function build() {
  // Everything comes from npm: cmake-js adds the headers of node-api-headers and node-addon-api by itself.
  const run = spawnSync(process.execPath, [bin("cmake-js"), "compile", "--directory", native], { encoding: "utf8" });
  if (run.status === 0) return;
  process.stderr.write(`${run.stdout ?? ""}${run.stderr ?? ""}`);
  if (run.error !== undefined) process.stderr.write(`${run.error.message}\n`);
  process.stderr.write(
    "The addon did not build. It needs cmake, make or ninja, and a C++20 compiler: apt install cmake g++\n",
  );
  process.exit(1);
}

const output = join(root, "packages/loader/prebuilds", `linux-${process.arch}-${libc()}.node`);
if (process.platform !== "linux") {
  console.log("native: nothing to build, the addon is for Linux");
} else if (process.argv.includes("--force") || sources().some((path) => modified(path) > modified(output))) {
  const start = performance.now();
  build();
  mkdirSync(dirname(output), { recursive: true });
  // A process that has the old file mapped keeps it.
  const temporary = `${output}.${process.pid}`;
  copyFileSync(join(native, "build/Release/bpf_native.node"), temporary);
  renameSync(temporary, output);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(
    `native: built ${output.slice(root.length)} (${Math.round(statSync(output).size / 1024)} kB) in ${seconds} s`,
  );
}
