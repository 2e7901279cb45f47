import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CollectionSpec } from "./collection-spec.ts";

const parseOrder = (order: string): CollectionSpec =>
  CollectionSpec.parse(readFileSync(new URL(`./fixtures/data.${order}.o`, import.meta.url)));
const parse = (): CollectionSpec => parseOrder("el");

describe.each(["el", "eb"])("rewriteConstants of a %s object", (order) => {
  const parse = (): CollectionSpec => parseOrder(order);

  it("encodes values by the constants' types", () => {
    const spec = parse();
    spec.rewriteConstants({
      limit: 7,
      negative: -(2n ** 40n),
      enabled: true,
      label: "eth0",
      color: 0,
      corner: { x: 1, y: -1, name: "c" },
      ports: [1, 2, 65535],
      special: 255,
    });
    expect(spec.getVariable("limit")).toBe(7);
    expect(spec.getVariable("negative")).toBe(-(2n ** 40n));
    expect(spec.getVariable("enabled")).toBe(true);
    expect(spec.getVariable("label")).toBe("eth0");
    expect(spec.getVariable("color")).toBe(0);
    expect(spec.getVariable("corner")).toEqual({ x: 1, y: -1, name: "c" });
    expect(spec.getVariable("ports")).toEqual([1, 2, 65535]);
    expect(spec.getVariable("special")).toBe(255);
  });

  it("takes bytes of the constant's size as they are", () => {
    const spec = parse();
    spec.rewriteConstants({ limit: Uint8Array.of(1, 2, 3, 4), negative: new Uint8Array(8).fill(0xff).buffer });
    expect(spec.getVariable("limit")).toBe(order === "el" ? 0x04030201 : 0x01020304);
    expect(spec.getVariable("negative")).toBe(-1n);
  });

  it("reaches static constants", () => {
    const spec = parse();
    const before = spec.maps.get(".rodata")!.section!.content.slice();
    spec.rewriteConstants({ quiet: 0x0a0b0c0d });
    const after = spec.maps.get(".rodata")!.section!.content;
    const at = after.findIndex((byte, index) => byte !== before[index]);
    const value = new DataView(after.buffer, after.byteOffset).getUint32(at, order === "el");
    expect(value).toBe(0x0a0b0c0d);
    const changed = after.filter((byte, index) => byte !== before[index]);
    expect(changed).toHaveLength(4);
  });

  it("does nothing for no constants", () => {
    const spec = parse();
    spec.rewriteConstants({});
    expect(spec.getVariable("limit")).toBe(100);
  });
});

describe("rewriteConstants", () => {
  it("lists all unknown names in one error", () => {
    const values = { limit: 1, nothing: 2, counter: 3n, "ev\u001bil": 4 };
    expect(() => parse().rewriteConstants(values)).toThrow(expect.objectContaining({ code: "ERR_BPF_NOT_FOUND" }));
    expect(() => parse().rewriteConstants(values)).toThrow(
      'the object has no constant "nothing", "counter", "ev\\u001bil"; it has "color", "corner", "enabled", "label", "limit"',
    );
  });

  it.each([
    ["limit", 2 ** 32, "limit"],
    ["limit", "7", "limit"],
    ["limit", undefined, "limit"],
    ["negative", 5, "negative"],
    ["corner", { x: 1, y: 2 ** 40, name: "" }, "corner.y"],
    ["ports", [1, 2, 70000], "ports[2]"],
    ["label", "longer than the sixteen bytes", "label"],
  ])("names the field of a value that does not fit: %s = %j", (name, value, path) => {
    const rewrite = (): void => parse().rewriteConstants({ [name]: value });
    expect(rewrite).toThrow(expect.objectContaining({ code: "ERR_BPF_VALUE" }));
    expect(rewrite).toThrow(`field ${path}: `);
  });

  it("names the constant, the size given and the size wanted", () => {
    expect(() => parse().rewriteConstants({ limit: new Uint8Array(8) })).toThrow(
      "field limit: 8 bytes given, wanted 4",
    );
    expect(() => parse().rewriteConstants({ label: new Uint8Array(3) })).toThrow(
      "field label: 3 bytes given, wanted 16",
    );
  });

  it("changes nothing when one of the values is wrong", () => {
    const spec = parse();
    expect(() => spec.rewriteConstants({ limit: 1, color: 3, ports: [1] })).toThrow("ports");
    expect(spec.getVariable("limit")).toBe(100);
    expect(spec.getVariable("color")).toBe(7);
  });

  it("refuses a name that exists in two sections", () => {
    const spec = parse();
    spec.variables.set("other", { ...spec.variables.get("special")!, name: "limit" });
    expect(() => spec.rewriteConstants({ limit: 1 })).toThrow(
      expect.objectContaining({
        code: "ERR_BPF_INVALID_ARGUMENT",
        message: 'constant "limit" exists twice: in section ".rodata" and in section ".rodata.special"',
      }),
    );
  });

  it("refuses a constant outside of its section", () => {
    const spec = parse();
    spec.maps.get(".rodata")!.section!.content = new Uint8Array(2);
    expect(() => spec.rewriteConstants({ limit: 1 })).toThrow('is outside of section ".rodata", which has 2 bytes');
  });

  it("takes no names from an object's prototype", () => {
    expect(() => parse().rewriteConstants(JSON.parse('{"__proto__": 1, "constructor": 2}') as object as {})).toThrow(
      'no constant "__proto__", "constructor"',
    );
  });
});
