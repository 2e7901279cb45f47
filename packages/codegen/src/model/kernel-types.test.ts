import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Btf } from "bpf-loader/btf";
import { CollectionSpec } from "bpf-loader/spec";
import { describe, expect, it } from "vitest";
import type { KernelTypes, ValueRule } from "../config.ts";
import { buildModel } from "./build.ts";
import type { CompositeModel, ObjectModel } from "./object-model.ts";

const spec = (name: string): CollectionSpec =>
  CollectionSpec.parse(
    readFileSync(fileURLToPath(new URL(`../../../../test/golden/fixtures/${name}`, import.meta.url))),
  );
// Any BTF can be taken for a kernel's.
const kernelBtf = spec("types.el.o").btf as Btf;

const model = (kernelTypes: readonly KernelTypes[], values: readonly ValueRule[] = [], btf = kernelBtf): ObjectModel =>
  buildModel(spec("empty.el.o"), { file: "x.bpf.o", kernelTypes, kernelBtf: btf, values });

const nested = { type: "struct nested", fields: ["next", "address.zone.scope", "inner_b", "lo", "kind"] };

describe("the kernel's types", () => {
  it("have the members that were asked for, where they are", () => {
    const [struct, ...others] = model([nested]).types as CompositeModel[];
    expect(others).toEqual([]);
    expect(struct).toMatchObject({ kind: "struct", identifier: "Nested", cName: "struct nested", partOfKernel: true });
    const whole = buildModel(spec("types.el.o"), { file: "x.bpf.o" }).types.find(
      (type) => type.kind === "struct" && type.cName === "struct nested",
    ) as CompositeModel;
    expect(struct?.size).toBe(whole.size);
    const offsetOf = (name: string): number | undefined => whole.fields.find(({ cName }) => cName === name)?.offset;
    expect(struct?.fields.map(({ property, offset }) => [property, offset])).toEqual([
      ["kind", offsetOf("kind")],
      ["addressZoneScope", (offsetOf("address") ?? 0) + 4],
      ["innerB", offsetOf("inner_b")],
      ["lo", offsetOf("lo")],
      ["next", offsetOf("next")],
    ]);
  });

  it("bring the types of their members, and take rules for values", () => {
    const { types } = model(
      [
        { type: "holder", fields: ["point"] },
        { type: "arrays", fields: ["times", "mac"] },
      ],
      [
        { type: "nanoseconds", as: "Nanoseconds" },
        { field: "arrays.mac", as: "Mac" },
      ],
    );
    expect(types.map((type) => type.identifier)).toEqual(["Point", "PointT", "Holder", "nanosecondsArray10", "Arrays"]);
  });

  it("take rules for members of members, by the path that they are asked for with", () => {
    const rule = { field: "nested.address.zone.scope", as: "Zone" };
    const [, struct] = model([nested], [rule]).types as CompositeModel[];
    const scope = struct?.fields.find(({ cName }) => cName === "address.zone.scope");
    expect(scope?.value).toMatchObject({ brand: "Zone" });
  });

  it.each<[string, KernelTypes[], string]>([
    ["an unknown type", [{ type: "none", fields: ["x"] }], 'the kernel\'s BTF has no type "none"'],
    ["an unknown member", [{ type: "nested", fields: ["none"] }], '"struct nested" has no member "none"'],
    ["a member of none", [{ type: "nested", fields: ["kind.x"] }], 'has no member "x"'],
    ["no members", [{ type: "nested", fields: [] }], "is asked for without a member"],
    ["an enum", [{ type: "color", fields: ["RED"] }], 'the kernel\'s type "color" is no struct'],
    ["one twice", [nested, nested], "is asked for twice"],
  ])("%s: refused", (_what, kernelTypes, message) => {
    expect(() => model(kernelTypes)).toThrow(message);
  });

  it("are of a kernel for the same machines", () => {
    expect(() => model([nested], [], spec("types.eb.o").btf)).toThrow("of another byte order");
    expect(() => buildModel(spec("empty.el.o"), { file: "x.o", kernelTypes: [nested] })).toThrow("its BTF is needed");
  });
});
