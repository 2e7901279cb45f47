import type { Json } from "./json-text.ts";
import { MapContent } from "./map-content.ts";
import { openTarget } from "./objects.ts";
import { requirePositionals, type Report, type SubCommand } from "./sub-command.ts";
import type { Terminal } from "./terminal.ts";
import { inert, widthOf } from "./terminal-text.ts";

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
    return { items: () => entriesOf(content), end: countText };
  },
};

/** Closes the map at the end. */
function* entriesOf(content: MapContent): Generator<Report> {
  try {
    for (const [key, value] of content.entries()) yield new EntryReport(content, key, value);
  } finally {
    content.close();
  }
}

class EntryReport implements Report {
  readonly #content: MapContent;
  readonly #key: Uint8Array;
  readonly #value: Uint8Array;

  constructor(content: MapContent, key: Uint8Array, value: Uint8Array) {
    this.#content = content;
    this.#key = key;
    this.#value = value;
  }

  get json(): Json {
    const { key, value } = this.#content;
    return { key: key.toJson(this.#key), value: value.toJson(this.#value) };
  }

  text(terminal: Terminal): string {
    return entryText(this.#key, this.#value, this.#content, terminal);
  }
}

/** On one line where it fits, else with a line for each member. What a value says is never cut. */
function entryText(
  key: Uint8Array,
  value: Uint8Array,
  { key: keyType, value: valueType }: MapContent,
  { width }: Terminal,
): string {
  const name = inert(keyType.toText(key, "one"));
  const line = `${name}: ${inert(valueType.toText(value, "one"))}`;
  if (width === undefined || widthOf(line) <= width) return `${line}\n`;
  const lines = valueType.toText(value, "lines").replaceAll("\t", "  ").split("\n").map(inert);
  return `${name}:\n${lines.map((each) => `  ${each}\n`).join("")}`;
}

function countText(count: number): string {
  return count === 1 ? "1 entry\n" : `${count} entries\n`;
}
