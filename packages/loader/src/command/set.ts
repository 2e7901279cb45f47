import { CodecError } from "../codec/index.ts";
import { UpdateFlag } from "../uapi/index.ts";
import type { ElementType } from "./element-type.ts";
import { CommandError, UsageError } from "./errors.ts";
import { hexBytes, parseJson } from "./json-value.ts";
import { MapContent } from "./map-content.ts";
import { openTarget } from "./objects.ts";
import { requirePositionals, type SubCommand } from "./sub-command.ts";

const flagsByName: ReadonlyMap<string, number> = new Map([
  ["any", UpdateFlag.ANY],
  ["noexist", UpdateFlag.NO_EXIST],
  ["exist", UpdateFlag.EXIST],
]);

/** `bpf set` */
export const set: SubCommand = {
  usage: ["set MAP KEY VALUE"],
  description: `Writes an entry of a map.

KEY and VALUE are JSON as \`bpf dump map --json\` prints it: 42, "bash", {"pid": 42}, [1, 2]; or bytes: hex:2a000000. Of the variables
of a data section, only those are changed that are named: bpf set prog.bss 0 '{"limit": 10}'. The VALUE for an array of programs, or a
map of maps, is the id, pin or name of one. What starts with a dash goes behind --.

JSON: { "map": 12, "key": …, "value": … }, as it was written.`,
  flags: {
    when: {
      type: "string",
      value: "any|exist|noexist",
      text: "write only what is there already, or is not; default: any",
    },
  },
  run(args) {
    const [target = "", keyText = "", valueText = ""] = requirePositionals(args, "MAP", "KEY", "VALUE");
    const when = args.valueOf("when") ?? "any";
    const flags = flagsByName.get(when);
    if (flags === undefined) throw new UsageError(`--when ${when}: expected any, exist or noexist`);
    const content = new MapContent(openTarget("map", target));
    try {
      const key = elementBytes(keyText, content.key, "KEY");
      const value = elementBytes(valueText, content.value, "VALUE", () => content.get(key));
      if (!content.set(key, value, flags)) {
        throw new CommandError(`the map has ${when === "exist" ? "no such key" : "that key already"}: ${keyText}`);
      }
      const { id } = content;
      const json = { map: id, key: content.key.toJson(key), value: content.value.toJson(content.stored(key, value)) };
      return { json, text: () => "" };
    } finally {
      content.close();
    }
  },
};

/** The bytes that an argument stands for; `present` as for `ElementType`. */
export function elementBytes(
  text: string,
  type: ElementType,
  what: string,
  present?: () => Uint8Array | undefined,
): Uint8Array {
  const isHex = type.isName !== true && text.startsWith("hex:");
  const json = isHex || type.isName === true ? text : parseJson(text, what);
  try {
    return isHex ? hexBytes(text.slice("hex:".length), type.size) : type.fromJson(json, present);
  } catch (error) {
    if (!(error instanceof CommandError || error instanceof CodecError)) throw error;
    throw new CommandError(`${what}: ${error.message}`, { cause: error });
  }
}
