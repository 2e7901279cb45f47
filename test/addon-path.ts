import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../packages/loader/prebuilds/", import.meta.url));

/** The addon that was built for this machine, for tests that load it into a worker or a process of its own. */
export const addonPath: string =
  folder + (readdirSync(folder).find((name) => name.includes(`-${process.arch}-`)) ?? "");
