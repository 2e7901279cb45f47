/**
 * What the generator of the Go library (bpf2go of cilium/ebpf 0.22) stumbles over, a test for each. That these modules type-check
 * under the strictest options is tested with all golden files.
 */
import { generate } from "bpf-codegen";
import { describe, expect, expectTypeOf, it } from "vitest";
import { AttachedLinks } from "../../packages/loader/src/codegen-runtime/attached-links.ts";
import { Address, Nothing, onlyUnions } from "./expected/only-unions.ts";
import { FooBar, FooBar$1, Inner, Maps, Objects$, Outer, Padded, StateT, weaknesses } from "./expected/weaknesses.ts";
import type { WeaknessesFields } from "./expected/weaknesses.ts";
import { fixture } from "./objects.ts";

const bytesOf = <T>(
  codec: { size: number; write(view: DataView, at: number, value: T): void },
  value: T,
): Uint8Array => {
  const bytes = new Uint8Array(codec.size).fill(0xff);
  codec.write(new DataView(bytes.buffer), 0, value);
  return bytes;
};

const zeros = (count: number): number[] => Array.from({ length: count }, () => 0);

/** The comment of a member of the golden module. */
const docOf = (member: string): string => {
  const { code } = generate(fixture("weaknesses.el.o"), { file: "weaknesses.bpf.o" });
  const lines = code.split("\n");
  return lines[lines.findIndex((line) => line.trim().startsWith(member)) - 1]?.trim() ?? "";
};

describe("not so here:", () => {
  it("1. the constants of an enum that only its typedef names are lost", () => {
    expect(StateT).toEqual({ STATE_IDLE: 0, STATE_BUSY: 7 });
  });

  it("2. an object with unions and no struct gives a module that does not compile", () => {
    expect(onlyUnions.name).toBe("onlyUnions");
    const view = new DataView(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16).buffer);
    expect(Address.read(view, 0)).toEqual({ v4: 0x04030201, v6: new Uint8Array(view.buffer) });
    expect(bytesOf(Address, Address.of({ v4: 1 }))).toEqual(Uint8Array.of(1, ...zeros(15)));
  });

  it("3. a union without members ends the generator", async () => {
    expect(Nothing.size).toBe(0);
    expect(Nothing.read(new DataView(new ArrayBuffer(0)), 0)).toEqual({});
    expect((await onlyUnions.spec()).variables.get("none")?.size).toBe(0);
  });

  it("4. the type of a variable is copied, so that types in it are spelt out, and one that is asked for as well is there twice", () => {
    expectTypeOf<WeaknessesFields["variables"]["current"]["$live"] & {}>()
      .toHaveProperty("value")
      .toEqualTypeOf<Outer>();
    expectTypeOf<Outer["inner"]>().toEqualTypeOf<Inner>();
    const { code } = generate(fixture("weaknesses.el.o"), { types: ["struct outer", "outer", "struct inner"] });
    expect(code.match(/^export interface (?:Outer|Inner)\b.*$/gm)).toEqual([
      "export interface Inner {",
      "export interface Outer {",
    ]);
  });

  it("5. a variable without BTF ends the generator", async () => {
    expect((await weaknesses.spec()).variables.get("untyped")).toMatchObject({ size: 4, typeId: 0 });
    expectTypeOf<WeaknessesFields["variables"]["untyped"]["$live"] & {}>()
      .toHaveProperty("value")
      .toEqualTypeOf<Uint8Array>();
  });

  it("6. names that become the same, or that generated code has itself, collide", () => {
    expect([FooBar.size, FooBar$1.size, Maps.size, Objects$.size]).toEqual([8, 4, 4, 4]);
    expectTypeOf<keyof WeaknessesFields["maps"]>().toEqualTypeOf<
      "close" | "fooBar" | "fooBar$1" | "maps" | "objects"
    >();
  });

  it("7. closing stops at the first error", () => {
    const closed: number[] = [];
    const links = [1, 2, 3].map((number) => ({
      close: () => {
        closed.push(number);
        if (number < 3) throw new Error(`link ${number}`);
      },
    }));
    // Closing is all that is asked of them.
    const all = new AttachedLinks(links as unknown as ConstructorParameters<typeof AttachedLinks>[0]);
    expect(() => all.close()).toThrow("link 1");
    expect(closed).toEqual([1, 2, 3]);
  });

  it("8. padding behind a bitfield is taken for another, in that struct and the next", () => {
    const bytes = bytesOf(Padded, { flag: 1, small: 2, wide: 3n, last: 4 });
    expect([...bytes]).toEqual([1, 2, ...zeros(6), 3, ...zeros(7), 4, ...zeros(7)]);
    expect(Padded.read(new DataView(bytes.buffer), 0)).toEqual({ flag: 1, small: 2, wide: 3n, last: 4 });
  });

  it("9. limits and flags of maps are nowhere to be read", () => {
    expect(docOf("close: HashMapTag")).toBe(
      "/** `close`: BPF_MAP_TYPE_HASH, 64 entries, key `state_t` (4 bytes) → value `struct padded` (24 bytes), BPF_F_NO_PREALLOC. */",
    );
  });

  it("10. there are no pointers and no floating-point numbers", () => {
    const bytes = bytesOf(Inner, { a: 1 });
    const view = new DataView(new ArrayBuffer(Outer.size));
    view.setUint8(0, bytes[0] ?? 0);
    view.setBigUint64(8, 0xffff_8880_0000_1000n, true);
    view.setFloat32(16, 0.5, true);
    view.setFloat64(24, 0.1, true);
    const outer = Outer.read(view, 0);
    expect(outer).toEqual({ inner: { a: 1 }, next: 0xffff_8880_0000_1000n, ratio: 0.5, exact: 0.1 });
    expect(bytesOf(Outer, outer)).toEqual(new Uint8Array(view.buffer));
  });
});
