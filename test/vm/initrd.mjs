// The first file system of a machine: a shell, and the modules that it takes to reach the real one, which is the host's.
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

/** What the root is reached by: shared over virtio, with a layer in memory that takes what is written. */
const NEEDED = ["virtio_pci", "virtio_console", "virtiofs", "overlay"];

/** The modules that `names` need and that are no part of the kernel, in the order to load them. @param folder with `modules.dep` */
function modulesFor(names, folder) {
  const dependencies = new Map();
  for (const line of readFileSync(join(folder, "modules.dep"), "utf8").trim().split("\n")) {
    const [path, rest] = line.split(":");
    // What is listed first needs what is listed after.
    dependencies.set(path, rest.trim().split(" ").filter(Boolean).toReversed());
  }
  const found = new Set();
  const add = (path) => {
    for (const other of dependencies.get(path)) found.add(other);
    found.add(path);
  };
  for (const name of names) {
    const path = [...dependencies.keys()].find((path) => basename(path) === `${name}.ko`);
    if (path !== undefined) add(path);
  }
  return [...found];
}

/** One file of an archive as the kernel reads it: "newc" of cpio(5). */
function entry(name, mode, content = Buffer.alloc(0)) {
  const nameBytes = Buffer.from(`${name}\0`);
  const fields = [0, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, nameBytes.length, 0];
  const header = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}`);
  return [aligned(Buffer.concat([header, nameBytes])), aligned(content)];
}

function aligned(bytes) {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}

const DIRECTORY = 0o40755;
const PROGRAM = 0o100755;
const FILE = 0o100644;

/** Writes the archive. @param modules the folder of the kernel's modules, with `modules.dep` */
export function writeInitrd(modules, to) {
  const order = modulesFor(NEEDED, modules);
  const parts = [
    ...["bin", "dev", "proc", "sys", "modules", "shared", "memory", "root"].flatMap((name) => entry(name, DIRECTORY)),
    ...entry("bin/busybox", PROGRAM, readFileSync("/bin/busybox")),
    ...entry("init", PROGRAM, readFileSync(new URL("init.sh", import.meta.url))),
    ...entry("modules/order", FILE, Buffer.from(order.map((path) => `${basename(path)}\n`).join(""))),
    ...order.flatMap((path) => entry(`modules/${basename(path)}`, FILE, readFileSync(join(modules, path)))),
    ...entry("TRAILER!!!", 0),
  ];
  writeFileSync(to, Buffer.concat(parts));
}
