import { describe as describeObject } from "bpf-codegen";
import type { CompositeModel, FieldModel, ObjectModel, TypeModel, ValueModel } from "bpf-codegen";
import { codecFromBtf, CodecError } from "bpf-loader/codec";
import type { Codec } from "bpf-loader/codec";
import { CollectionSpec } from "bpf-loader/spec";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { goldenObjects } from "./objects.ts";

/** Generated codecs are compared with those made from BTF at run time: same bytes, same values, same refusals. */

const big = ["types-big-endian"];
const names = ["types", "maps", "variables", "names", "both-byte-orders", ...big];
const isLittle = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

interface Case {
  readonly name: string;
  readonly generated: Codec<unknown>;
  readonly fromBtf: Codec<unknown>;
  /** A value with the properties of generated code, with C's names instead. */
  readonly toC: (value: unknown) => unknown;
}

async function casesOf(name: string): Promise<Case[]> {
  const { bytes, options } = goldenObjects.find((object) => object.name === name)!;
  const model = describeObject(bytes, options);
  const { btf } = CollectionSpec.parse(bytes instanceof Uint8Array ? bytes : bytes[isLittle ? 0 : 1]!.bytes);
  const module = (await import(`./expected/${name}.ts`)) as Record<string, Codec<unknown>>;
  return model.types.flatMap((type): Case[] => {
    if (type.kind !== "struct" && type.kind !== "union") return [];
    if (!type.exported) return [];
    const [keyword, tag] = type.cName.split(" ");
    const ids = btf!.findAll(tag ?? keyword!).filter((id) => btf!.typeName(id) === type.cName);
    // Those without a name are members of others, and compared there.
    if (ids.length === 0 || type.cName.includes("{")) return [];
    return [
      {
        name: type.identifier,
        generated: module[type.identifier]!,
        fromBtf: codecFromBtf(btf!, ids[0]!),
        toC: (value) => renameComposite(model, type, value),
      },
    ];
  });
}

function renameComposite(model: ObjectModel, type: CompositeModel, value: unknown): unknown {
  const object = value as Record<string, unknown>;
  return Object.fromEntries(
    type.fields
      .filter(({ property }) => property in object)
      .map((field: FieldModel) => [field.cName, rename(model, field.value, object[field.property])]),
  );
}

function rename(model: ObjectModel, type: ValueModel, value: unknown): unknown {
  if (type.kind === "array") return (value as unknown[]).map((element) => rename(model, type.element, element));
  if (type.kind !== "composite") return value;
  const composite = model.types.find(
    (other: TypeModel): other is CompositeModel => other.identifier === type.composite && "fields" in other,
  );
  return renameComposite(model, composite!, value);
}

/** The bytes that a codec writes, or what it refuses. */
function write(codec: Codec<unknown>, value: unknown): Uint8Array | string {
  const bytes = new Uint8Array(codec.size).fill(0xaa);
  try {
    codec.write(new DataView(bytes.buffer), 0, value);
    return bytes;
  } catch (error) {
    if (error instanceof CodecError) return error.problem;
    throw error;
  }
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

describe.each(names)("codecs of %s", async (name) => {
  const cases = await casesOf(name);

  it("are there", () => expect(cases.length).toBeGreaterThan(0));

  it.each(cases)("$name: reads and writes as its BTF says", ({ generated, fromBtf, toC }) => {
    expect(generated.size).toBe(fromBtf.size);
    expect(generated.align).toBe(fromBtf.align);
    const random = fc.uint8Array({ minLength: fromBtf.size, maxLength: fromBtf.size });
    // Text and small numbers are rare in random bytes.
    const plain = fc.array(fc.constantFrom(0, 0, 0, 1, 65, 97), { minLength: fromBtf.size, maxLength: fromBtf.size });
    fc.assert(
      fc.property(
        fc.oneof(
          random,
          plain.map((values) => Uint8Array.from(values)),
        ),
        (bytes) => {
          // In a larger buffer, at an odd place: a codec must stay where it is told.
          const around = new Uint8Array(fromBtf.size + 8);
          around.set(bytes, 3);
          const value = generated.read(viewOf(around), 3);
          expect(toC(value)).toEqual(fromBtf.read(viewOf(bytes), 0));
          expect(write(generated, value)).toEqual(write(fromBtf, toC(value)));
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each(cases)("$name: refuses what its BTF refuses", ({ generated, fromBtf, toC }) => {
    const zeros = generated.read(new DataView(new ArrayBuffer(generated.size)), 0) as Record<string, unknown>;
    const fields = Object.keys(zeros);
    if (fields.length === 0) return;
    const junk = fc.oneof(
      fc.double(),
      fc.maxSafeInteger(),
      fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
      fc.boolean(),
      fc.constantFrom(null, undefined, {}, [], [1, 2], "x", "\0", "\ud800", new Uint8Array(2)),
      fc.string({ maxLength: 20 }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...fields), junk, (field, value) => {
        const changed = { ...zeros, [field]: value };
        const wanted = write(fromBtf, toCUnchecked(changed));
        const got = write(generated, changed);
        // Messages about unions list the members, which have other names.
        expect(typeof got).toBe(typeof wanted);
        if (typeof got !== "string") expect(got).toEqual(wanted);
      }),
      { numRuns: 300 },
    );

    /** Junk has no members to rename. */
    function toCUnchecked(changed: Record<string, unknown>): unknown {
      const renamed = toC(zeros) as Record<string, unknown>;
      const names = new Map(fields.map((field, index) => [field, Object.keys(renamed)[index]!]));
      const copy: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
      // Not ===, which takes -0 for 0: a float tells them apart.
      for (const field of fields)
        copy[names.get(field)!] = Object.is(changed[field], zeros[field]) ? renamed[names.get(field)!] : changed[field];
      return copy;
    }
  });
});
