import { describe, expect, test } from "vitest";
import { stapNote } from "../../../../test/usdt-target.ts";
import { stapNotes } from "./stap-notes.ts";

const note = {
  provider: "libc",
  name: "setjmp",
  arguments: "8@%rdi -4@%esi",
  location: 0x1234n,
  base: 0x5678n,
  semaphore: 0n,
};

function read(...notes: readonly Uint8Array[]): ReturnType<typeof parse> {
  return parse(Uint8Array.from(Buffer.concat(notes)));
}

function parse(bytes: Uint8Array, word: 4 | 8 = 8, littleEndian = true) {
  return [...stapNotes(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), word, littleEndian)];
}

/** Reads damaged notes: either it works, or there is a clear error. */
function open(bytes: Uint8Array): void {
  try {
    read(bytes);
  } catch (error) {
    expect(error).toHaveProperty("code", "ERR_BPF_OBJECT_FORMAT");
  }
}

describe("stapNotes", () => {
  test.each([
    [8, true],
    [8, false],
    [4, true],
    [4, false],
  ] as const)("reads notes with addresses of %d bytes, little-endian: %s", (word, littleEndian) => {
    expect(parse(stapNote(note, word, littleEndian), word, littleEndian)).toEqual([note]);
  });

  test("reads all notes but those of other owners and types", () => {
    const other = stapNote({ ...note, name: "other" });
    other[12] = 0x53;
    const later = stapNote({ ...note, name: "later" });
    later[8] = 4;
    const found = read(stapNote(note), other, later, stapNote({ ...note, name: "longjmp" }));
    expect(found.map(({ name }) => name)).toEqual(["setjmp", "longjmp"]);
  });

  test("a note without a description of arguments has none", () => {
    expect(read(stapNote({ ...note, arguments: ":" }))).toMatchObject([{ arguments: "" }]);
    expect(read(stapNote({ ...note, arguments: "" }))).toMatchObject([{ arguments: "" }]);
    expect(read()).toEqual([]);
  });

  test("a damaged note is an error with its place", () => {
    const whole = stapNote(note);
    const changed = (change: (view: DataView) => void): Uint8Array => {
      const copy = whole.slice();
      change(new DataView(copy.buffer));
      return copy;
    };
    expect(() => read(whole, whole.slice(0, 7))).toThrow(
      `a note is cut off (section ".note.stapsdt", offset ${whole.length})`,
    );
    expect(() => read(whole.slice(0, -1))).not.toThrow();
    expect(() => read(changed((view) => view.setUint32(4, 4096, true)))).toThrow("a note goes beyond the section");
    expect(() => read(changed((view) => view.setUint32(0, 0xffff_ffff, true)))).toThrow(
      "a note goes beyond the section",
    );
    expect(() => read(changed((view) => view.setUint32(4, 25, true)))).toThrow(
      "has not three addresses and three texts",
    );
    expect(() => read(stapNote({ ...note, name: "" }))).toThrow("has no name");
  });

  test("survives every cut and every damaged byte", () => {
    const whole = Buffer.concat([stapNote(note), stapNote({ ...note, name: "longjmp" })]);
    for (let length = 0; length < whole.length; length++) open(whole.subarray(0, length));
    for (let at = 0; at < whole.length; at++) {
      for (const value of [0, 1, 0x7f, 0x80, 0xff]) {
        const damaged = Uint8Array.from(whole);
        damaged[at] = value;
        open(damaged);
      }
    }
  });
});
