import { requirePositionals, type SubCommand } from "./sub-command.ts";
import { MapContent } from "./map-content.ts";
import { openTarget } from "./objects.ts";
import type { Terminal } from "./terminal.ts";
import { inert, widthOf } from "./terminal-text.ts";

interface Entry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** `bpf dump map` */
export const dumpMap: SubCommand = {
  usage: ["dump map MAP"],
  description: `Prints the entries of a map, as C would write them where the map has types, otherwise as bytes.

JSON: [{ "key": …, "value": … }, …]. With types, structs are objects by their members' names, 64-bit integers have all of their
digits, enumerations are numbers; without, a key or value is a string of hexadecimal digits, and an array's key a number. A per-CPU
map's value is a list with one for each CPU; the variables of a data section are an object by their names; programs and maps that a
map holds are their ids.`,
  flags: {},
  run(args) {
    const [target = ""] = requirePositionals(args, "MAP");
    const content = new MapContent(openTarget("map", target));
    const { key: keyType, value: valueType } = content;
    let entries: readonly Entry[];
    try {
      entries = Array.from(content.entries(), ([key, value]): Entry => ({ key: key.slice(), value: value.slice() }));
    } finally {
      content.close();
    }
    return {
      json: entries.map(({ key, value }) => ({ key: keyType.toJson(key), value: valueType.toJson(value) })),
      text: (terminal) =>
        entries.map((entry) => entryText(entry, content, terminal)).join("") + countText(entries.length),
    };
  },
};

/** On one line where it fits, else with a line for each member. What a value says is never cut. */
function entryText({ key, value }: Entry, { key: keyType, value: valueType }: MapContent, { width }: Terminal): string {
  const name = inert(keyType.toText(key, "one"));
  const line = `${name}: ${inert(valueType.toText(value, "one"))}`;
  if (width === undefined || widthOf(line) <= width) return `${line}\n`;
  const lines = valueType.toText(value, "lines").replaceAll("\t", "  ").split("\n").map(inert);
  return `${name}:\n${lines.map((each) => `  ${each}\n`).join("")}`;
}

function countText(count: number): string {
  return count === 1 ? "1 entry\n" : `${count} entries\n`;
}
