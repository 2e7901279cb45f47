import { expect, expectTypeOf, it } from "vitest";
import { enumName } from "./index.ts";

const Kind = { EXEC: 0, EXIT: 1, LAST: 1 } as const;

it("the name of an enum's value is the first that has it", () => {
  expect([0, 1, 2, -1].map((value) => enumName(Kind, value))).toEqual(["EXEC", "EXIT", undefined, undefined]);
  expect(enumName({ HUGE: 0x123456789abcdef0n }, 0x123456789abcdef0n)).toBe("HUGE");
  // A key like any other, and not the prototype.
  expect(enumName({ ["__proto__"]: 7 }, 7)).toBe("__proto__");
  expectTypeOf(enumName(Kind, 0)).toEqualTypeOf<"EXEC" | "EXIT" | "LAST" | undefined>();
});
