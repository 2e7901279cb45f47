import { readdirSync } from "node:fs";
import { BpfError, MissingCapabilityError, quoteName } from "../errors/index.ts";
import { lockedDown } from "../sys/index.ts";
import { mounts, readText } from "./mounts.ts";
import { didYouMean } from "./similar-names.ts";

/** Where the kernel's documentation has tracefs mounted; the second is a view of the first that debugfs makes. */
const usualPlaces = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"] as const;

const howToMount = "mount it with: mount -t tracefs nodev /sys/kernel/tracing";

/** Where tracefs is mounted, undefined when nowhere that this process can see. */
export function tracefsPath(): string | undefined {
  for (const path of usualPlaces) if (listDirectory(`${path}/events`) !== undefined) return path;
  return mounts().find(({ type }) => type === "tracefs")?.path;
}

/** A file of tracefs, undefined when it is missing or not readable. */
export function readTracefs(file: string): string | undefined {
  const root = tracefsPath();
  return root === undefined ? undefined : readText(`${root}/${file}`);
}

/**
 * The number by which perf_event_open(2) knows the tracepoint `category`/`name`.
 *
 * @throws BpfError ERR_BPF_NOT_FOUND when there is no such tracepoint (the message names similar ones) or tracefs is not
 *   mounted; MissingCapabilityError when tracefs is not readable.
 */
export function tracepointId(category: string, name: string): number {
  const root = tracefsPath();
  if (root === undefined) {
    throw new BpfError("ERR_BPF_NOT_FOUND", `tracepoints can't be looked up: tracefs is not mounted; ${howToMount}`);
  }
  const shown = quoteName(`${category}/${name}`);
  const plain = /^[A-Za-z0-9_.-]+$/;
  if (!plain.test(category) || !plain.test(name) || name.startsWith(".") || category.startsWith(".")) {
    throw new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `${shown} is no name of a tracepoint: it is like "sched/sched_switch"`,
    );
  }
  const text = readText(`${root}/events/${category}/${name}/id`);
  if (text !== undefined) {
    const id = Number.parseInt(text, 10);
    if (Number.isInteger(id)) return id;
  }
  const categories = listDirectory(`${root}/events`);
  if (categories === undefined) {
    throw new MissingCapabilityError(
      "read access to tracefs",
      `tracepoint ${shown} can't be looked up: ${root}/events is not readable for this user; run as root, or change the ` +
        `mount: mount -o remount,gid=<group>,mode=750 ${root}`,
    );
  }
  const names = listDirectory(`${root}/events/${category}`);
  if (names?.includes(name) === true) {
    const locked = lockedDown("confidentiality", "reading tracefs");
    throw new MissingCapabilityError(
      locked === undefined ? "read access to tracefs" : "lockdown",
      `tracepoint ${shown} can't be looked up: ${locked ?? `${root}/events/${category}/${name}/id is not readable for this user; run as root`}`,
    );
  }
  const reason =
    names === undefined
      ? `no category ${quoteName(category)}${didYouMean(category, categories)}`
      : `none of that name${didYouMean(name, names)}`;
  throw new BpfError("ERR_BPF_NOT_FOUND", `this kernel has no tracepoint ${shown}: ${reason}`);
}

function listDirectory(path: string): readonly string[] | undefined {
  try {
    return readdirSync(path);
  } catch {
    return undefined;
  }
}
