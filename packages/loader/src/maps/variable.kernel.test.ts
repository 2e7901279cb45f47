import { beforeEach, describe, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { newMap } from "../../../../test/new-map.ts";
import { array, bool, cstring, f64, i16, i64, u32, u64, u8 } from "../codec/index.ts";
import type { Codec } from "../codec/index.ts";
import { bpf, mapFreeze } from "../sys/index.ts";
import { Command, MapFlag, MapType } from "../uapi/index.ts";
import { openMap, Variable } from "./index.ts";
import type { ArrayMap } from "./index.ts";

beforeEach(requireKernel);

function section(size: number, flags: number): ArrayMap<Uint8Array> {
  return openMap(newMap(MapType.ARRAY, { key: 4, value: size, entries: 1, flags }), {
    name: ".bss",
  }) as ArrayMap<Uint8Array>;
}
const variable = <T>(
  of: ArrayMap<unknown>,
  name: string,
  offset: number,
  codec: Codec<T>,
  readOnly = false,
): Variable<T> => new Variable(of, { name, offset, codec, readOnly });

describe.each([
  ["mapped", MapFlag.MMAPABLE],
  ["by system calls", 0],
])("%s", (_, flags) => {
  it("variables of one section don't disturb each other", () => {
    using map = section(64, flags);
    const all = [
      { variable: variable<unknown>(map, "a", 0, u64), value: 2n ** 64n - 1n },
      { variable: variable<unknown>(map, "b", 8, u32), value: 0xdeadbeef },
      { variable: variable<unknown>(map, "c", 12, i16), value: -2 },
      { variable: variable<unknown>(map, "d", 14, u8), value: 255 },
      { variable: variable<unknown>(map, "e", 15, bool), value: true },
      { variable: variable<unknown>(map, "f", 16, cstring(16)), value: "15 bytes, …" },
      { variable: variable<unknown>(map, "g", 33, u32), value: 7 },
      { variable: variable<unknown>(map, "h", 37, i64), value: -5n },
      { variable: variable<unknown>(map, "i", 48, array(u8, 3)), value: [1, 2, 3] },
      { variable: variable<unknown>(map, "j", 56, f64), value: 0.5 },
    ];
    for (const { variable } of all) expect([0, 0n, false, "", [0, 0, 0]]).toContainEqual(variable.get());
    for (const { variable, value } of all) variable.set(value);
    for (const { variable, value } of all) expect(variable.get()).toEqual(value);
    expect(map.get(0)[45]).toBe(0);
  });

  it("the accessor", () => {
    using map = section(8, flags);
    const count = variable(map, "count", 0, u64);
    count.value += 3n;
    expect(count.value).toBe(3n);
    expect(new DataView(map.get(0).buffer).getBigUint64(0, true)).toBe(3n);
  });

  it("memory that programs share", () => {
    const map = section(24, flags);
    const count = variable(map, "count", 8, u64);
    const { bytes } = count;
    if (flags === 0) expect(bytes).toBeUndefined();
    else {
      const words = new BigInt64Array(bytes!.buffer, bytes!.byteOffset, 1);
      expect(Atomics.add(words, 0, 5n)).toBe(0n);
      expect(count.get()).toBe(5n);
      count.set(7n);
      expect(Atomics.load(words, 0)).toBe(7n);
    }
    expect(variable(map, "constant", 8, u64, true).bytes).toBeUndefined();
    map.close();
    expect(bytes?.length ?? 0).toBe(0);
    expect(() => count.bytes).toThrow('variable "count": map ".bss" is closed');
  });

  it("a wrong value writes nothing", () => {
    using map = section(16, flags);
    const pair = variable(map, "pair", 4, array(u32, 2));
    pair.set([1, 2]);
    expect(() => pair.set([3, -1])).toThrow("field [1]: -1 does not fit __u32");
    expect(pair.get()).toEqual([1, 2]);
  });

  it("constants are read, and not written", () => {
    using map = section(8, flags | MapFlag.RDONLY_PROG);
    map.set(0, new Uint8Array(8).fill(1));
    bpf(Command.MAP_FREEZE, mapFreeze, { mapFd: map.fd }, "map");
    const constant = variable(map, "target_pid", 0, u32, true);
    expect(constant.get()).toBe(0x01010101);
    expect(() => constant.set(1)).toThrow(
      expect.objectContaining({
        code: "ERR_BPF_INVALID_ARGUMENT",
        message: expect.stringContaining('variable "target_pid" is constant since its object was loaded') as unknown,
      }),
    );
    expect(() => variable(map, "wrong", 0, u32).set(1)).toThrow(expect.objectContaining({ errno: "EPERM" }));
  });

  it("after the map's close", () => {
    const map = section(8, flags);
    const count = variable(map, "count", 0, u64);
    expect(count.get()).toBe(0n);
    map.close();
    for (const use of [() => count.get(), () => count.set(1n)])
      expect(use).toThrow(
        expect.objectContaining({ code: "ERR_BPF_CLOSED", message: 'variable "count": map ".bss" is closed' }),
      );
  });
});

it("outside of the section", () => {
  using map = section(8, 0);
  expect(() => variable(map, "x", 5, u32)).toThrow('variable "x": its 4 bytes at 5 are outside of map ".bss" with 8');
});
