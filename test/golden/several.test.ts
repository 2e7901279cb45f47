import { generateModules } from "bpf-codegen";
import type { GenerateOptions } from "bpf-codegen";
import { describe, expect, it } from "vitest";
import { checkFormat } from "./commands.ts";
import { fixture, goldenObjects, goldenPath } from "./objects.ts";
import * as counter from "./expected/several/counter.ts";
import { eventToJson } from "./expected/several/maps.json.ts";
import * as maps from "./expected/several/maps.ts";
import { eventSchema, flowKeySchema } from "./expected/several/maps.zod.ts";
import * as typesJson from "./expected/several/types.json.ts";
import * as typesZod from "./expected/several/types.zod.ts";
import * as types from "./expected/several/types.ts";
import * as values from "./expected/several/values.ts";

const expected = goldenPath("expected/several");
const rules = goldenObjects.find(({ name }) => name === "values")?.options.values;

/** One module of the run: `[its name, the fixture, what is special]`. */
type Row = readonly [name: string, source?: string, options?: Omit<GenerateOptions, "file">];
const rows: readonly Row[] = [
  ["counter"],
  ["maps", "maps", { zod: true, toJson: true }],
  ["linked-main"],
  ["linked-library", "linked-library", { library: true }],
  ["values", "values", { values: rules, zod: true, toJson: true }],
  ["values-again", "values", { values: rules, embed: "none" }],
];
const run = (chosen: readonly Row[], extension = "el"): ReturnType<typeof generateModules> =>
  generateModules(
    chosen.map(([name, source = name, options = {}]) => ({
      object: fixture(`${source}.${extension}.o`),
      options: { file: `${name}.bpf.o`, specifier: `./${name}.js`, ...options },
      typesFrom: "./types.js",
    })),
  );

describe("modules of several objects", () => {
  it("have the types in common that several define alike", async () => {
    const { modules, types, typesCompanions } = run(rows);
    await expect(types).toMatchFileSnapshot(`${expected}/types.ts`);
    for (const { suffix, code } of typesCompanions)
      await expect(code).toMatchFileSnapshot(`${expected}/types.${suffix}.ts`);
    for (const [index, [name]] of rows.entries()) {
      await expect(modules[index]?.code).toMatchFileSnapshot(`${expected}/${name}.ts`);
      for (const { suffix, code } of modules[index]?.companions ?? [])
        await expect(code).toMatchFileSnapshot(`${expected}/${name}.${suffix}.ts`);
    }
    expect(modules.map(({ warnings }) => warnings)).toEqual([
      ['"struct flow_key" is not the same in all objects: FlowKey stays in this module'],
      ['"struct flow_key" is not the same in all objects: FlowKey stays in this module'],
      [],
      [],
      ['"struct event" is not the same in all objects: Event stays in this module'],
      ['"struct event" is not the same in all objects: Event stays in this module'],
    ]);
  });

  it("are formatted as a formatter leaves them", () => {
    expect(checkFormat(expected)).toContain("All matched files use the correct format");
  });

  it("give the same codec everywhere, and each its own where they differ", () => {
    expect(counter.Event).toBe(types.Event);
    expect(maps.Event).toBe(counter.Event);
    expect(maps.FlowStats).toBe(types.FlowStats);
    expect([counter.FlowKey.size, maps.FlowKey.size]).toEqual([8, 16]);
    expect(types).not.toHaveProperty("FlowKey");
    expect(values.Flow).toBe(types.Flow);
  });

  it("have schemas and JSON of types that are elsewhere from there", () => {
    expect(eventSchema).toBe(typesZod.eventSchema);
    expect(eventToJson).toBe(typesJson.eventToJson);
    expect(typesZod).not.toHaveProperty("flowKeySchema");
    const event: types.Event = maps.Event.read(new DataView(new ArrayBuffer(types.Event.size)), 0);
    expect(eventSchema.parse(event)).toEqual(event);
    expect(eventToJson(event)).toEqual({ pid: 0, comm: "" });
    const key = maps.FlowKey.read(new DataView(new ArrayBuffer(maps.FlowKey.size)), 0);
    expect(flowKeySchema.parse(key)).toEqual(key);
  });

  it("have functions for JSON of their own where these are to be of several forms", () => {
    const [one, other] = ["maps", "counter"].map((name) => ({
      object: fixture(`${name}.el.o`),
      options: { file: `${name}.bpf.o`, toJson: true },
      typesFrom: "./types.js",
    }));
    expect(generateModules([one!, other!]).typesCompanions.map(({ suffix }) => suffix)).toEqual(["json"]);
    const { modules, typesCompanions } = generateModules([
      one!,
      { ...other!, options: { ...other!.options, toJson: { bytes: "hex" } } },
    ]);
    expect(typesCompanions).toEqual([]);
    for (const { companions } of modules) expect(companions[0]?.code).toContain("export function flowStatsToJson(");
  });

  it("are the same in any order", () => {
    const [forwards, backwards] = [run(rows), run(rows.toReversed())];
    expect(backwards.modules.toReversed().map(({ code }) => code)).toEqual(forwards.modules.map(({ code }) => code));
  });

  it("share nothing across byte orders", () => {
    const { modules, types } = generateModules([
      { object: fixture("maps.el.o"), options: { file: "little.o" }, typesFrom: "./types.js" },
      { object: fixture("maps.eb.o"), options: { file: "big.o" }, typesFrom: "./types.js" },
    ]);
    expect(types).toMatch(
      /^\/\/ Generated .* from what is the same in little\.o, big\.o\. Do not edit\.\n\nexport \{\};\n$/,
    );
    for (const { code } of modules) expect(code).not.toContain("./types.js");
  });

  it("share what is of the byte order that most have, in any order", () => {
    const objects = ["maps.eb.o", "maps.el.o", "counter.el.o"].map((file) => ({
      object: fixture(file),
      options: { file },
      typesFrom: "./types.js",
    }));
    const { modules, types } = generateModules(objects);
    expect(types).toContain("export interface FlowStats ");
    expect(types).not.toContain(", false)");
    expect(modules.map(({ code }) => code.includes("./types.js"))).toEqual([false, true, true]);
    expect(modules[0]?.warnings).toEqual([
      "its values are of another byte order than those of most: all types stay in this module",
    ]);
    const turned = generateModules(objects.toReversed());
    expect(turned.modules.map(({ code }) => code).toReversed()).toEqual(modules.map(({ code }) => code));
  });
});
