import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { CollectionSpec } from "bpf-loader/spec";
import { describe, expect, it } from "vitest";
import type { TagRule } from "../config.ts";
import { buildModel } from "./build.ts";
import type { ObjectModel } from "./object-model.ts";

const model = (tags: readonly TagRule[], name = "tagged.el.o"): ObjectModel => {
  const path = fileURLToPath(new URL(`../../../../test/golden/fixtures/${name}`, import.meta.url));
  return buildModel(CollectionSpec.parse(readFileSync(path)), { file: "x.bpf.o", tags });
};

const data = { union: "event.data", by: "kind" };

describe("tags of unions", () => {
  it.each<[string, TagRule[], string]>([
    ["no such union", [{ union: "event.none", by: "kind" }], 'the object uses no union "event.none"'],
    ["no such tag", [{ ...data, by: "none" }], 'the tag of the union "event.data": its struct has no member "none"'],
    ["a tag that is none", [{ ...data, by: "data" }], '"data" is neither an enum nor an integer'],
    ["no such constant", [{ ...data, cases: { NONE: "exec" } }], 'there is no constant "NONE"'],
    ["no such member", [{ ...data, cases: { KIND_EXEC: "none" } }], 'it has no member "none"'],
    ["one case twice", [{ ...data, cases: { KIND_EXEC: "exec", "1": "exit" } }], "two cases are 1"],
    ["nothing that fits", [{ union: "event.data", by: "time" }], "no constant is called as one of its members is"],
    ["two tags", [data, data], 'the union "event.data" has two tags'],
  ])("%s: refused", (_what, rules, message) => {
    expect(() => model(rules)).toThrow(message);
  });

  it("that an object has and that make no sense count for nothing, and are told", () => {
    const { types, warnings } = model([], "untold.el.o");
    expect(types.map(({ kind }) => kind)).toEqual(["union", "struct"]);
    expect(warnings).toEqual([
      expect.stringMatching(/^the tag "ts:no name": there is no "no name"/),
      expect.stringMatching(/^the tag "ts:Pid": Pid is for an integer of 32 bits, and "__u8\[3\]" is not/),
      'the tag of the union "untold.u": its struct has no member "none"; it has all of its members',
    ]);
  });

  it("leave it to rules for values what the members are", () => {
    const path = fileURLToPath(new URL("../../../../test/golden/fixtures/tagged.el.o", import.meta.url));
    const values = [
      { field: "event.data.open", as: "bytes" },
      { field: "tagged.sum", as: "number" },
    ];
    const { types } = buildModel(CollectionSpec.parse(readFileSync(path)), { file: "x.bpf.o", tags: [data], values });
    const members = types.flatMap((type) => (type.kind === "tagged" ? type.cases : []));
    expect(members.find(({ property }) => property === "open")?.member.kind).toBe("bytes");
    expect(members.find(({ property }) => property === "sum")?.member).toMatchObject({ kind: "int", checked: true });
  });

  it("a union without one has all of its members", () => {
    const event = model([]).types.find((type) => type.kind === "struct" && type.cName === "struct event");
    expect(event?.kind === "struct" && event.fields[2]?.value).toMatchObject({ kind: "composite" });
  });
});
