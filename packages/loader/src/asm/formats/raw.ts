import { makeFields } from "./format.ts";
import type { Format } from "./format.ts";

/** What is left when no other format fits: decoding makes these itself. */
export const raw: Format<"raw"> = {
  opcodes: [],
  decode: () => undefined,
  encode: ({ opcode, destination, source, offset, immediate }) =>
    makeFields({ opcode, destination, source, offset, immediate }),
  print: () => "<unknown>",
};
