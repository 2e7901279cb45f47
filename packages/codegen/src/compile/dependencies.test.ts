import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dependencyRule, readDependencies } from "./dependencies.ts";

describe("readDependencies", () => {
  it("reads what clang writes", () => {
    const rule = "out.o: /a/prog.bpf.c /a/has\\ space.h \\\n  /a/dollar$$.h \\\n  /a/hash\\#.h ../x\\y.h\n";
    expect(readDependencies(rule)).toEqual([
      "/a/prog.bpf.c",
      "/a/has space.h",
      "/a/dollar$.h",
      "/a/hash#.h",
      "../x\\y.h",
    ]);
    expect(readDependencies("")).toEqual([]);
  });

  it("reads back what dependencyRule writes", () => {
    const path = fc.stringMatching(/^[A-Za-z0-9_./$# -]*[A-Za-z0-9]$/).filter((text) => !/^\s/.test(text));
    fc.assert(
      fc.property(path, fc.array(path, { minLength: 1 }), (output, inputs) => {
        const [rule = ""] = dependencyRule([output], inputs).split("\n\n");
        expect(readDependencies(rule)).toEqual(inputs);
      }),
    );
  });
});

it("dependencyRule gives every input a rule of its own", () => {
  expect(dependencyRule(["a.ts"], ["a.bpf.c", "my lib/x.h"])).toBe(
    "a.ts: \\\n  a.bpf.c \\\n  my\\ lib/x.h\n\na.bpf.c:\n\nmy\\ lib/x.h:\n",
  );
});
