import { generate } from "bpf-codegen";
import { CodecError } from "bpf-loader/codec";
import type { Codec } from "bpf-loader/codec";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { checkFormat } from "./commands.ts";
import { eventDataToJson } from "./expected/tagged.json.ts";
import { eventToJson } from "./expected/values.json.ts";
import { Event } from "./expected/values.ts";
import { goldenObjects, goldenPath } from "./objects.ts";

/** Modules beside the generated ones. The compiler checks them with these: see golden.test.ts. */

const names = ["types", "values", "tagged", "maps", "empty"];

function generated(name: string) {
  const { bytes, options } = goldenObjects.find((object) => object.name === name)!;
  return generate(bytes, { ...options, zod: true, toJson: true, specifier: `./${name}.js` });
}

/** The schemas of an object, each with its codec. */
async function schemasOf(name: string): Promise<readonly { name: string; schema: z.ZodType; codec: Codec<unknown> }[]> {
  const codecs = (await import(`./expected/${name}.ts`)) as Record<string, Codec<unknown>>;
  const schemas = (await import(`./expected/${name}.zod.ts`)) as Record<string, z.ZodType>;
  return Object.entries(schemas).flatMap(([schemaName, schema]) => {
    const identifier = Object.keys(codecs).find((key) => `${key}Schema`.toLowerCase() === schemaName.toLowerCase());
    const codec = identifier === undefined ? undefined : codecs[identifier];
    // Enums have no codec, and tagged unions only inside of their structs.
    const isCodec = codec !== undefined && typeof codec.read === "function" && codec.read.length === 2;
    return isCodec ? [{ name: schemaName, schema, codec }] : [];
  });
}

/** Members of a union can be right each and say different things, as of text that was not UTF-8. */
const hasUnion = (codec: Codec<unknown>): boolean => "of" in codec;

describe("modules beside generated ones", () => {
  it.each(names)("of %s are what they were", async (name) => {
    const { companions } = generated(name);
    expect(companions.map(({ suffix }) => suffix)).toEqual(["zod", "json"]);
    for (const { suffix, code } of companions)
      await expect(code).toMatchFileSnapshot(goldenPath(`expected/${name}.${suffix}.ts`));
  });

  it("are formatted as a formatter leaves them", () => {
    expect(checkFormat(goldenPath("expected"))).toContain("All matched files use the correct format");
  });
});

describe("functions that make JSON", () => {
  it.each(["types", "values", "tagged", "maps"])("of %s give what JSON keeps", async (object) => {
    const codecs = (await import(`./expected/${object}.ts`)) as Record<string, Codec<unknown>>;
    const functions = (await import(`./expected/${object}.json.ts`)) as Record<string, (value: unknown) => unknown>;
    const found = Object.entries(codecs).filter(([, codec]) => codec.size !== undefined && codec.read?.length === 2);
    for (const [name, codec] of found) {
      const toJson = functions[`${name.charAt(0).toLowerCase()}${name.slice(1)}ToJson`];
      if (toJson === undefined) continue;
      const json = toJson(codec.read(new DataView(new ArrayBuffer(codec.size)), 0));
      expect(JSON.parse(JSON.stringify(json)), name).toEqual(json);
    }
    expect(Object.keys(functions).length).toBeGreaterThan(3);
  });

  it("give text for what JSON has no form for", () => {
    const bytes = new Uint8Array(Event.size).fill(1);
    bytes.fill(0, 32, 72).fill(0, 128, 136);
    const event = Event.read(new DataView(bytes.buffer), 0);
    const { started, laps, raw, task, wide, counts } = eventToJson(event);
    expect({ started, laps, raw, task, wide, counts }).toEqual({
      started: "72340172838076673",
      laps: ["72340172838076673", "72340172838076673"],
      raw: "AQEBAQEBAQE=",
      task: "0x101010101010101",
      wide: "4311810305",
      counts: [0, 0, 0],
    });
    expect(eventDataToJson({ kind: undefined, bytes: new Uint8Array(1) })).toEqual({ kind: null, bytes: "AA==" });
    expect(eventDataToJson({ kind: 2, exit: 1 })).toEqual({ kind: 2, exit: 1 });
  });

  it("have other forms on demand", () => {
    const { bytes, options } = goldenObjects.find(({ name }) => name === "values")!;
    const toJson = { bigints: "number", bytes: "hex" } as const;
    const [json] = generate(bytes, { ...options, toJson }).companions;
    expect(json?.code).toContain("started: bigintToJson(value.started),");
    expect(json?.code).toContain("raw: bytesToHex(value.raw),");
    expect(json?.code).toContain("laps: (number | string)[];");
  });
});

describe("zod schemas", () => {
  describe.each(["types", "values", "tagged", "maps"])("of %s", async (object) => {
    const schemas = await schemasOf(object);

    it("are there", () => expect(schemas.length).toBeGreaterThan(1));

    it.each(schemas)("$name takes what is read", ({ schema, codec }) => {
      fc.assert(
        fc.property(fc.uint8Array({ minLength: codec.size, maxLength: codec.size }), (bytes) => {
          let value: unknown;
          try {
            value = codec.read(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0);
          } catch (error) {
            expect(error).toBeInstanceOf(CodecError);
            return;
          }
          const copy = new Uint8Array(codec.size);
          // A text that fills its array can be read and not written.
          const write = (): unknown => codec.write(new DataView(copy.buffer), 0, value);
          const { success, error } = schema.safeParse(value);
          if (!success) expect(write, error.message).toThrow(CodecError);
          else if (!hasUnion(codec)) expect(write).not.toThrow();
        }),
        { numRuns: 100 },
      );
    });

    it.each(schemas)("$name refuses what is of another type", ({ schema, codec }) => {
      const zeros = codec.read(new DataView(new ArrayBuffer(codec.size)), 0);
      expect(schema.safeParse(zeros).error).toBeUndefined();
      for (const junk of [undefined, null, Symbol("x"), () => 1]) expect(schema.safeParse(junk).success).toBe(false);
      if (typeof zeros !== "object" || zeros === null || Array.isArray(zeros)) return;
      for (const [field, value] of Object.entries(zeros))
        for (const junk of [null, Symbol("x"), typeof value === "object" ? 1 : {}])
          expect(schema.safeParse({ ...zeros, [field]: junk }).success, field).toBe(false);
    });
  });
});
