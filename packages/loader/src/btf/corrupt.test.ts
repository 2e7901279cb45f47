import * as fc from "fast-check";
import { expect, it } from "vitest";
import { openFixture, sectionOf } from "../../../../test/btf/open-fixture.ts";
import { formatValue } from "../codec/index.ts";
import { BpfError } from "../errors/index.ts";
import { Btf, encodeExtInfo, mergeBtf, parseExtInfo } from "./index.ts";

/** Runs something that may refuse what it is given, by an error of its own. */
function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof BpfError) return undefined;
    throw error;
  }
}

/** Words that are written over others. */
const changes = (bytes: number): fc.Arbitrary<{ at: number; word: number }[]> =>
  fc.array(
    fc.record({
      at: fc.integer({ min: 0, max: Math.floor(bytes / 4) - 1 }),
      word: fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 0xffff_ffff })),
    }),
    { minLength: 1, maxLength: 4 },
  );

function changed(bytes: Uint8Array, words: readonly { at: number; word: number }[]): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  for (const { at, word } of words) view.setUint32(at * 4, word, true);
  return copy;
}

it.each(["kinds.el.o", "core-local.el.o"])("what is left of %s is merged, written and shown, or refused", (name) => {
  const elf = openFixture(name);
  const types = sectionOf(elf, ".BTF").data;
  const infos = sectionOf(elf, ".BTF.ext").data;
  const value = new Uint8Array(4096).fill(0xa5);
  let merges = 0;
  fc.assert(
    fc.property(changes(types.length), changes(infos.length), (typeWords, infoWords) => {
      const btf = attempt(() => Btf.parse(changed(types, typeWords)));
      if (btf === undefined) return;
      const extInfo = attempt(() => parseExtInfo(changed(infos, infoWords), btf));
      const merged = attempt(() => mergeBtf([{ btf, extInfo }, { btf }]));
      const built = attempt(() => merged?.builder.build());
      if (merged !== undefined && built !== undefined) {
        merges++;
        attempt(() => built.toC());
        const moved = merged.inputs[0]?.extInfo;
        if (moved !== undefined) expect(parseExtInfo(encodeExtInfo(moved, built), built)).toEqual(moved);
      }
      for (let id = 0; id < btf.typeCount; id++) {
        const text = attempt(() => formatValue(btf, id, value, { limit: 10_000 }));
        expect(text ?? "").toMatch(/^[\n\t\x20-\x7e…\u00a0-\uffff]*$/);
      }
    }),
    { numRuns: 200 },
  );
  expect(merges).toBeGreaterThan(10);
});
