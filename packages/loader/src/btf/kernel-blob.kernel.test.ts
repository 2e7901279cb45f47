import { readFileSync } from "node:fs";
import { beforeEach, expect, it } from "vitest";
import { fixturePath } from "../../../../test/btf/open-fixture.ts";
import { requireKernel } from "../../../../test/kernel.ts";
import { btfKindProbes, has } from "../features/index.ts";
import { CollectionSpec } from "../spec/index.ts";
import { btfLoad, FileDescriptor, tryBpf } from "../sys/index.ts";
import { Command } from "../uapi/index.ts";
import { kernelBtfForLoad } from "./index.ts";
import type { KernelBtfSupport } from "./index.ts";

beforeEach(requireKernel);

/** What the running kernel takes. */
function everything(): KernelBtfSupport {
  return {
    functions: has(btfKindProbes.functions),
    dataSections: has(btfKindProbes.dataSections),
    globalFunctions: has(btfKindProbes.globalFunctions),
    emptySections: has(btfKindProbes.emptySections),
    floats: has(btfKindProbes.floats),
    declTags: has(btfKindProbes.declTags),
    typeTags: has(btfKindProbes.typeTags),
    enum64: has(btfKindProbes.enum64),
    questionMarkSections: has(btfKindProbes.questionMarkSections),
    layout: false,
  };
}

/** 0, or what the kernel says of the blob. */
function load(btf: Uint8Array): number {
  const result = tryBpf(Command.BTF_LOAD, btfLoad, { btf, btfSize: btf.length });
  if (result < 0) return result;
  new FileDescriptor(result, "types").close();
  return 0;
}

it.each([
  ["everything", {}],
  ["global functions", { globalFunctions: false }],
  ["variables", { dataSections: false }],
  ["floats", { floats: false }],
  ["tags", { declTags: false, typeTags: false }],
  ["64-bit enums", { enum64: false }],
  [
    "anything new",
    {
      globalFunctions: false,
      dataSections: false,
      emptySections: false,
      floats: false,
      declTags: false,
      typeTags: false,
      enum64: false,
      questionMarkSections: false,
    },
  ],
])("this kernel takes the types for one without or with: %s", (_, lacking) => {
  const { btf } = CollectionSpec.parse(new Uint8Array(readFileSync(fixturePath("kinds.el.o"))));
  expect(btf && load(kernelBtfForLoad(btf, { ...everything(), ...lacking }))).toBe(0);
});

it("the kernel does not take them as the compiler wrote them", () => {
  const { btf } = CollectionSpec.parse(new Uint8Array(readFileSync(fixturePath("kinds.el.o"))));
  expect(btf && load(btf.bytes)).toBeLessThan(0);
});
