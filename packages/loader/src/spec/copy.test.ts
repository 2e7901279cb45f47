import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Btf } from "../btf/index.ts";
import { CollectionSpec } from "./collection-spec.ts";
import { sectionTable } from "./section-table.ts";

const names = ["programs", "maps", "data", "externs", "legacy", "struct-ops", "jump-table"];
const rows: ReadonlySet<unknown> = new Set(sectionTable);

function parse(name: string): CollectionSpec {
  const spec = CollectionSpec.parse(readFileSync(new URL(`./fixtures/${name}.el.o`, import.meta.url)), name);
  // Something to share that is there only when it was asked for.
  for (const map of spec.maps.values()) void map.section?.content;
  return spec;
}

/** Every object that can be reached, but for what never changes: types, and rows of the section table. */
function reachable(value: unknown, found: Set<object> = new Set()): ReadonlySet<object> {
  if (typeof value !== "object" || value === null || value instanceof Btf || rows.has(value)) return found;
  if (found.has(value)) return found;
  found.add(value);
  if (value instanceof Uint8Array) return reachable(value.buffer, found);
  if (value instanceof Map) for (const entry of value.values()) reachable(entry, found);
  for (const key of Reflect.ownKeys(value)) reachable(Reflect.get(value, key), found);
  // Of a section of zeros, the content is behind an accessor.
  if ("content" in value) reachable(value.content, found);
  return found;
}

describe.each(names)("a copy of %s", (name) => {
  it("is equal", () => {
    const spec = parse(name);
    expect(spec.copy()).toEqual(spec);
    expect(spec.copy()).toBeInstanceOf(CollectionSpec);
    expect(spec.copy().btf).toBe(spec.btf);
  });

  it("shares no object with the original", () => {
    const spec = parse(name);
    const original = reachable(spec);
    expect(original.size).toBeGreaterThan(20);
    for (const object of reachable(spec.copy())) expect(original).not.toContain(object);
  });

  it("can be changed in every place without that showing in the original", () => {
    const spec = parse(name);
    for (const object of reachable(spec.copy())) spoil(object);
    expect(spec).toEqual(parse(name));
  });
});

function spoil(object: object): void {
  if (object instanceof Uint8Array) object.fill(0x5a);
  else if (object instanceof Map) object.clear();
  else if (Array.isArray(object)) object.length = 0;
  else if (!(object instanceof ArrayBuffer)) {
    for (const key of Object.keys(object))
      Reflect.set(object, key, typeof Reflect.get(object, key) === "number" ? -1 : "?");
  }
}

describe("a copy", () => {
  it("has the functions that its programs share once, as the original", () => {
    const { programs } = parse("programs").copy();
    expect(programs.get("shares")!.functions[1]).toBe(programs.get("calls")!.functions[2]);
  });

  it("knows its source lines", () => {
    const { lines } = parse("programs").copy().programs.get("calls")!.functions[0]!;
    expect(lines[0]!.file).toBe("./programs.bpf.c");
  });

  it("keeps no bytes of an untouched section of zeros, and those of a touched one", () => {
    const spec = CollectionSpec.parse(readFileSync(new URL("./fixtures/data.el.o", import.meta.url)));
    expect(spec.copy().maps.get(".bss")!.section!.untouched).toBe(true);
    spec.setVariable("zero", 5);
    const copy = spec.copy();
    expect(copy.getVariable("zero")).toBe(5);
    copy.setVariable("zero", 6);
    expect(spec.getVariable("zero")).toBe(5);
  });
});
