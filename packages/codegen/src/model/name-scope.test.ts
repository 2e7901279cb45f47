import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memberIdentifier } from "./identifier.ts";
import { NameScope } from "./name-scope.ts";

describe("NameScope", () => {
  it("numbers names that are taken, and marks those that are reserved", () => {
    const scope = new NameScope(new Set(["class"]));
    expect(["a", "a", "a", "class", "class", "a$1"].map((name) => scope.take(name))).toEqual([
      "a",
      "a$1",
      "a$2",
      "class$",
      "class$1",
      "a$1$1",
    ]);
  });

  it("lets a name that is right in C keep it", () => {
    expect(new NameScope().takeAll(["foo_bar", "FooBar", "fooBar"], memberIdentifier)).toEqual([
      "fooBar$1",
      "fooBar$2",
      "fooBar",
    ]);
  });

  it("never gives a name twice", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom("a", "b", "$", "1", "_"), maxLength: 5 })), (names) => {
        const taken = new NameScope(new Set(["a", "b1"])).takeAll(names, (name) => name);
        expect(new Set(taken).size).toBe(names.length);
        expect(taken).not.toContain("b1");
      }),
    );
  });

  it("takes thousands of the same name in no time", () => {
    const scope = new NameScope();
    for (let i = 0; i < 100_000; i++) scope.take("_");
    expect(scope.take("_")).toBe("_$100000");
  });
});
