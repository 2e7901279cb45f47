import { generate } from "bpf-codegen";
import { CodecError } from "bpf-loader/codec";
import type { Codec } from "bpf-loader/codec";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { checkFormat } from "./commands.ts";
import { goldenObjects, goldenPath } from "./objects.ts";

/** Modules beside the generated ones. The compiler checks them with these: see golden.test.ts. */

const names = ["types", "values", "tagged", "maps", "empty"];

function generated(name: string) {
  const { bytes, options } = goldenObjects.find((object) => object.name === name)!;
  return generate(bytes, { ...options, zod: true, specifier: `./${name}.js` });
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

describe("zod schemas", () => {
  it.each(names)("of %s are what they were", async (name) => {
    const { companions } = generated(name);
    expect(companions.map(({ suffix }) => suffix)).toEqual(["zod"]);
    await expect(companions[0]?.code).toMatchFileSnapshot(goldenPath(`expected/${name}.zod.ts`));
  });

  it("are formatted as a formatter leaves them", () => {
    expect(checkFormat(goldenPath("expected"))).toContain("All matched files use the correct format");
  });

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
