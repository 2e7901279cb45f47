import type { PlacedInstruction } from "./decode.ts";

/** The slot that an instruction may go on at, other than the next one; `undefined` when there is none or nobody knows. */
export function targetSlot({ slot, instruction }: PlacedInstruction): number | undefined {
  switch (instruction.kind) {
    case "jump":
    case "jumpIf":
    case "mayGoto":
      return typeof instruction.target === "number" ? slot + 1 + instruction.target : undefined;
    case "callFunction":
      return slot + 1 + (instruction.compiled === 0 ? instruction.target : instruction.compiled);
    case "loadWide":
      if (instruction.meaning !== "function") return undefined;
      // The low half is a distance as in calls.
      return slot + 1 + Number(BigInt.asIntN(32, instruction.value));
    default:
      return undefined;
  }
}
