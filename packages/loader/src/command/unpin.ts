import { unlinkSync } from "node:fs";
import { openAnyPin } from "../links/pin.ts";
import { requirePositionals, type SubCommand } from "./sub-command.ts";
import { CommandError } from "./errors.ts";

/** `bpf unpin` */
export const unpin: SubCommand = {
  usage: ["unpin PATH"],
  description: `Takes away the name of an object in a bpf file system. The object goes too, unless somebody still holds it.

JSON: { "kind": "map", "path": "/sys/fs/bpf/flows" }.`,
  flags: {},
  run(args) {
    const [path = ""] = requirePositionals(args, "PATH");
    // Only what is a pin: this is no command for other files.
    const { kind, descriptor } = openAnyPin(path);
    descriptor.close();
    try {
      unlinkSync(path);
    } catch (error) {
      throw new CommandError(`${path} can't be unpinned: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
    return { json: { kind, path }, text: () => "" };
  },
};
