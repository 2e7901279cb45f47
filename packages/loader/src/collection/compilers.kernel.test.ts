import { readFileSync } from "node:fs";
import { beforeEach, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { CollectionSpec } from "../spec/index.ts";
import { loadCollection } from "./load-collection.ts";

beforeEach(requireKernel);

it("an object of gcc answers what clang's answers", async () => {
  const answers: unknown[] = [];
  for (const name of ["compilers.el", "compilers.gcc.el"]) {
    const spec = CollectionSpec.parse(readFileSync(new URL(`../spec/fixtures/${name}.o`, import.meta.url)), name);
    spec.setVariable("counter", 11);
    using collection = await loadCollection(spec);
    const run = collection.programs.get("first")?.run({ data: new Uint8Array(64) });
    answers.push([run?.returnValue, collection.variables.get("counter")?.get()]);
  }
  expect(answers[1]).toEqual(answers[0]);
  expect(answers[0]).toEqual([expect.any(Number), 12]);
});
