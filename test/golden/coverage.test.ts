import { describe as describeObject } from "bpf-codegen";
import { sectionTable } from "bpf-loader/spec";
import { MapType, mapTypeName } from "bpf-loader/uapi";
import { describe, expect, it } from "vitest";
import { goldenObjects } from "./objects.ts";

describe("golden files", () => {
  const models = goldenObjects.map(({ bytes, options }) => describeObject(bytes, options));

  it("are many, each of its own name", () => {
    expect(new Set(goldenObjects.map(({ name }) => name)).size).toBe(goldenObjects.length);
    expect(goldenObjects.length).toBeGreaterThanOrEqual(25);
  });

  it("have a program of every section", () => {
    const sections = new Set(
      models.flatMap(({ programs }) => programs.map(({ sectionName }) => sectionName.replace(/^\?/, ""))),
    );
    const missing = sectionTable.filter(({ prefix, suffix }) => {
      const matches = (section: string): boolean => section === prefix || (suffix && section.startsWith(`${prefix}/`));
      return ![...sections].some((section) => matches(section));
    });
    expect(missing.map(({ prefix }) => prefix)).toEqual([]);
  });

  it("have a map of every type", () => {
    const types = new Set(models.flatMap(({ maps }) => maps.map(({ typeName }) => typeName)));
    const all = Object.values(MapType).filter((type) => type !== MapType.UNSPEC);
    expect(all.map((type) => mapTypeName(type)).filter((name) => !types.has(name))).toEqual([]);
  });

  it("have a type of every kind, and every byte order", () => {
    const kinds = new Set(models.flatMap(({ types }) => types.map(({ kind }) => kind)));
    expect([...kinds].toSorted()).toEqual(expect.arrayContaining(["alias", "array", "enum", "struct", "union"]));
    expect(new Set(models.map(({ byteOrder }) => byteOrder))).toEqual(new Set(["little", "big", "host"]));
  });
});
