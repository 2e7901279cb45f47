// A machine of QEMU that runs one command on another kernel, with the root file system of this one. What it writes stays in its memory.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { run } from "../bench/peers.mjs";
import { writeInitrd } from "./initrd.mjs";

/** Without these a machine can't be made; all in main of Debian and Ubuntu. */
const PACKAGES = ["qemu-system-x86", "busybox-static", "kmod", "xz-utils", "zstd", "debian-archive-keyring"];
/** The daemon that shares the root has moved. */
const SHARERS = ["/usr/libexec/virtiofsd", "/usr/lib/qemu/virtiofsd"];

const KVM = ["-accel", "kvm", "-cpu", "host"];
const EMULATED = ["-accel", "tcg,thread=multi,tb-size=512", "-cpu", "max"];
/** A board without a BIOS to run through. */
const BOARD = ["-M", "microvm,pcie=on,rtc=on,isa-serial=on", "-nodefaults", "-display", "none", "-no-reboot"];

const COMMAND_LINE = [
  "console=ttyS0 quiet panic=-1",
  "nokaslr mitigations=off random.trust_cpu=1 cryptomgr.notests nowatchdog",
  "no_timer_check tsc=reliable",
  // Programs of type LSM load only where this is in the list.
  "lsm=bpf",
];

const sharer = () => SHARERS.find((path) => existsSync(path));

function isInstalled(name) {
  const { stdout } = spawnSync("dpkg-query", ["-W", "-f", "${Status}", name], { encoding: "utf8" });
  return stdout?.includes("ok installed") ?? false;
}

/** What the daemon is in: a package of its own on later releases, a part of this one before. */
function sharerPackage() {
  return run("apt-cache", ["search", "--names-only", "^virtiofsd$"]) === "" ? "qemu-system-common" : "virtiofsd";
}

/** Installs what is missing when that is possible. @throws Error that tells what to install when it isn't */
export function installMachine(say) {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new Error(`machines are made on Linux for x86-64 only, and this is ${process.platform} on ${process.arch}`);
  }
  const missing = PACKAGES.filter((name) => !isInstalled(name));
  if (missing.length === 0 && sharer() !== undefined) return;
  if (process.getuid() !== 0) {
    const names = sharer() === undefined ? [...missing, sharerPackage()] : missing;
    throw new Error(`only root can install what is missing: apt-get install ${names.join(" ")}`);
  }
  say(`Installing ${missing.join(", ")} and what shares files`);
  run("apt-get", ["-qq", "update"]);
  const names = sharer() === undefined ? [...missing, sharerPackage()] : missing;
  run("apt-get", ["-y", "-qq", "--no-install-recommends", "-o", "Dpkg::Use-Pty=0", "install", ...names], "/", {
    DEBIAN_FRONTEND: "noninteractive",
  });
  if (sharer() === undefined) throw new Error(`there is no virtiofsd in ${SHARERS.join(" or ")}`);
}

/** Hertz ÷ 1000 at which the time stamp counter runs; an emulated processor passes it on. */
function counterKilohertz() {
  const base = "/sys/devices/system/cpu/cpu0/cpufreq/base_frequency";
  if (existsSync(base)) return Number(readFileSync(base, "utf8"));
  const info = readFileSync("/proc/cpuinfo", "utf8");
  const nominal = /^model name.*@ ([\d.]+)GHz$/m.exec(info)?.[1];
  if (nominal !== undefined) return Math.round(Number(nominal) * 1e6);
  return Math.round(Number(/^cpu MHz\s*: ([\d.]+)/m.exec(info)?.[1] ?? 2500) * 1000);
}

/** Told instead of measured: where the host is busy, an emulated machine measures for ever. */
const unmeasured = () => `tsc_early_khz=${counterKilohertz()} lpj=4000000`;

/**
 * Whether the kernel runs with hardware virtualisation. Where /dev/kvm is there it need not work for every kernel, so it is tried:
 * the machine has no init, and is gone in a moment.
 *
 * @param kernel as `prepareKernel` gives it
 */
export function accelerates(kernel) {
  if (!existsSync("/dev/kvm")) return false;
  const options = ["-m", "256M", "-kernel", join(kernel.folder, "vmlinux"), "-serial", "stdio"];
  const { stdout } = spawnSync(
    "qemu-system-x86_64",
    [...BOARD, ...KVM, ...options, "-append", "console=ttyS0 panic=-1"],
    { encoding: "utf8", timeout: 10_000, killSignal: "SIGKILL" },
  );
  return stdout?.includes("Unable to mount root fs") ?? false;
}

/** Listens where a port of the machine ends, and calls back for each line. */
async function listen(path, onLine) {
  const server = createServer((socket) => {
    createInterface({ input: socket }).on("line", onLine);
    socket.on("error", () => {}); // the machine has gone
  });
  await new Promise((resolve) => server.listen(path, resolve));
  return server;
}

/** Starts the daemon that shares the root over the socket `path`. */
async function startSharer(path) {
  const options = [`--socket-path=${path}`, "-o", "source=/", "-o", "cache=always", "-o", "xattr"];
  const sandbox = process.getuid() === 0 ? "chroot" : "none";
  const daemon = spawn(sharer(), [...options, "-o", `sandbox=${sandbox}`], { stdio: ["ignore", "ignore", "pipe"] });
  const complaint = collected(daemon.stderr);
  for (let tries = 0; tries < 500 && !existsSync(path) && daemon.exitCode === null; tries++) await sleep(10);
  if (!existsSync(path)) throw new Error(`virtiofsd did not start: ${complaint().trim()}`);
  return daemon;
}

/** Reads a stream to nowhere but the result: a function that gives what has come. */
function collected(stream) {
  let text = "";
  stream.setEncoding("utf8").on("data", (chunk) => (text += chunk));
  return () => text;
}

function machineOptions(kernel, folder, ports, { kvm, cpus, memory }) {
  const devices = {
    device: ["virtio-rng-pci", "virtio-serial-pci", "vhost-user-fs-pci,chardev=shared,tag=shared,queue-size=1024"],
    chardev: [`socket,id=shared,path=${join(folder, "shared")}`],
    // The daemon reads and writes the machine's memory.
    object: [`memory-backend-memfd,id=memory,size=${memory}M,share=on`],
    numa: ["node,memdev=memory"],
    serial: [`file:${join(folder, "console")}`],
  };
  for (const name of ports) {
    devices.chardev.push(`socket,id=${name},path=${join(folder, name)}`);
    devices.device.push(`virtserialport,chardev=${name},name=${name}`);
  }
  const line = [...COMMAND_LINE, ...(kvm ? [] : [unmeasured()]), `vm.job=${folder}`, `vm.kernel=${kernel.folder}`];
  const boot = { smp: cpus, m: `${memory}M`, kernel: join(kernel.folder, "vmlinux"), initrd: join(folder, "initrd") };
  return [
    ...BOARD,
    ...(kvm ? KVM : EMULATED),
    ...Object.entries(boot).flatMap(([name, value]) => [`-${name}`, String(value)]),
    ...Object.entries(devices).flatMap(([name, values]) => values.flatMap((value) => [`-${name}`, value])),
    "-append",
    line.join(" "),
  ];
}

/**
 * Runs a shell command in a machine.
 *
 * @param kernel as `prepareKernel` gives it
 * @param folder for the machine's own files
 * @param options `kvm`: whether the kernel {@link accelerates}; `cpus`; `memory` in megabytes; `seconds` after which the machine is
 *   switched off, and `startSeconds` after which it is when nothing has come from it; `signal` does it at once; `onReport` gets the lines that the command writes to `$(port report)`, `onLog` what it prints otherwise
 * @returns what went wrong, if the command did not end with 0
 */
export async function runMachine(kernel, folder, command, options) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "command.sh"), command);
  writeFileSync(join(folder, "start.sh"), readFileSync(new URL("start.sh", import.meta.url)));
  writeInitrd(join(kernel.folder, "lib/modules", kernel.release), join(folder, "initrd"));
  let ended = "";
  const stuck = new AbortController();
  const start = setTimeout(() => stuck.abort(), options.startSeconds * 1000);
  const alive = (use) => (line) => {
    clearTimeout(start);
    use(line);
  };
  const ports = { report: alive(options.onReport), log: alive(options.onLog), status: (line) => (ended = line) };
  const servers = [];
  const children = [];
  const stop = () => children.forEach((child) => child.kill("SIGKILL"));
  process.once("exit", stop);
  try {
    for (const [name, onLine] of Object.entries(ports)) servers.push(await listen(join(folder, name), onLine));
    children.push(await startSharer(join(folder, "shared")));
    const machine = spawn("qemu-system-x86_64", machineOptions(kernel, folder, Object.keys(ports), options), {
      stdio: ["ignore", "ignore", "pipe"],
    });
    children.push(machine);
    const complaint = collected(machine.stderr);
    const late = AbortSignal.timeout(options.seconds * 1000);
    for (const signal of [late, stuck.signal, options.signal])
      signal.addEventListener("abort", () => machine.kill("SIGKILL"));
    if (options.signal.aborted) machine.kill("SIGKILL");
    await new Promise((resolve) => machine.on("close", resolve));
    await sleep(50); // for the last lines of the ports
    if (ended === "ended 0") return undefined;
    if (ended !== "") return `the command ${ended}`;
    const log = join(folder, "console");
    const printed = existsSync(log) ? readFileSync(log, "utf8").trim().split("\n").slice(-25).join("\n") : "";
    const why = options.signal.aborted
      ? "it was interrupted"
      : late.aborted
        ? `no end within ${options.seconds} s`
        : stuck.signal.aborted
          ? `it did not start within ${options.startSeconds} s`
          : "the machine ended before the command did";
    return [why, complaint().trim(), printed].filter(Boolean).join("\n");
  } finally {
    clearTimeout(start);
    process.off("exit", stop);
    stop();
    for (const server of servers) server.close();
  }
}
