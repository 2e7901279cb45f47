import { CommandError } from "./errors.ts";
import { MapContent } from "./map-content.ts";
import { openTarget } from "./objects.ts";
import { elementBytes } from "./set.ts";
import { requirePositionals, type SubCommand } from "./sub-command.ts";

/** `bpf delete` */
export const deleteEntry: SubCommand = {
  usage: ["delete MAP KEY"],
  description: `Deletes an entry of a map. KEY is JSON or bytes, as for \`bpf set\`.

JSON: { "map": 12, "key": … }.`,
  flags: {},
  run(args) {
    const [target = "", keyText = ""] = requirePositionals(args, "MAP", "KEY");
    const content = new MapContent(openTarget("map", target));
    try {
      const key = elementBytes(keyText, content.key, "KEY");
      if (!content.delete(key)) throw new CommandError(`the map has no such key: ${keyText}`);
      return { json: { map: content.id, key: content.key.toJson(key) }, text: () => "" };
    } finally {
      content.close();
    }
  },
};
