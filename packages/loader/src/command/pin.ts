import { pinDescriptor } from "../links/pin.ts";
import type { ObjectKind } from "../sys/index.ts";
import { UsageError } from "./errors.ts";
import { openTarget } from "./objects.ts";
import { requirePositionals, type SubCommand } from "./sub-command.ts";

/** `bpf pin` */
export const pin: SubCommand = {
  usage: ["pin map|program|link OBJECT PATH"],
  description: `Gives an object a name in a bpf file system (/sys/fs/bpf/…): it lives on while the name exists.

JSON: { "kind": "map", "path": "/sys/fs/bpf/flows" }.`,
  flags: {
    directories: { type: "boolean", short: "d", text: "make the directories that the path needs, for this user only" },
  },
  run(args) {
    const [kind = "", target = "", path = ""] = requirePositionals(args, "map, program or link", "OBJECT", "PATH");
    if (!isPinnable(kind)) throw new UsageError(`${kind} can't be pinned; expected map, program or link`);
    const descriptor = openTarget(kind, target);
    try {
      const options = { makeDirectory: args.isSet("directories") };
      const pinned = pinDescriptor(descriptor.value, path, descriptor.what, options);
      return { json: { kind, path: pinned }, text: () => "" };
    } finally {
      descriptor.close();
    }
  },
};

function isPinnable(kind: string): kind is Exclude<ObjectKind, "btf"> {
  return kind === "map" || kind === "program" || kind === "link";
}
