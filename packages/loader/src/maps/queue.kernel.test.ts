import { beforeEach, describe, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { newMap } from "../../../../test/new-map.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { u32 } from "../codec/index.ts";
import { MapType } from "../uapi/index.ts";
import { openMap, Queue, Stack } from "./index.ts";

beforeEach(requireKernel);

function numbers(type: MapType, entries: number): Queue<number> | Stack<number> {
  // The kinds have one interface; `value` is the codec of a number.
  return openMap(newMap(type, { value: 4, entries }), { name: "numbers", value: u32 }) as Queue<number>;
}

describe.each([
  { kind: "queue", type: MapType.QUEUE, Class: Queue, order: [1, 2, 3] },
  { kind: "stack", type: MapType.STACK, Class: Stack, order: [3, 2, 1] },
])("a $kind", ({ kind, type, Class, order }) => {
  it("gives back what was pushed, in its order", () => {
    using map = numbers(type, 4);
    expect(map).toBeInstanceOf(Class);
    expect(map.pop()).toBeUndefined();
    expect(map.peek()).toBeUndefined();
    for (const value of [1, 2, 3]) map.push(value);
    expect(map.peek()).toBe(order[0]);
    expect(map.peek()).toBe(order[0]);
    expect(map.pop()).toBe(order[0]);
    expect([...map.drain()]).toEqual(order.slice(1));
    expect(map.pop()).toBeUndefined();
  });

  it("that is full says what to do, and drops the oldest when asked to", () => {
    using map = numbers(type, 3);
    for (const value of [0, 1, 2]) map.push(value);
    expect(() => map.push(3)).toThrow('map "numbers": BPF_MAP_UPDATE_ELEM failed with E2BIG');
    expect(() => map.push(3)).toThrow('pop a value first, or push with { flag: "exist" }');
    map.push(3, { flag: "exist" });
    expect([...map.drain()]).toEqual(order);
  });

  it("is empty after clear", () => {
    using map = numbers(type, 3);
    for (const value of [1, 2, 3]) map.push(value);
    map.clear();
    expect(map.peek()).toBeUndefined();
    map.push(9);
    expect(map.pop()).toBe(9);
  });

  it("refuses values and flags that don't fit, and use after its close", () => {
    const before = openKernelObjects();
    const map = numbers(type, 1);
    expect(() => map.push(-1)).toThrow("-1 does not fit __u32");
    expect(() => map.push(1, { flag: "noExist" as "any" })).toThrow('flag "noExist" does not exist for a push');
    expect(map.pop()).toBeUndefined();
    map.close();
    expect(() => map.push(1)).toThrow('map "numbers" is closed');
    expect(() => map.pop()).toThrow('map "numbers" is closed');
    expect(openKernelObjects(), kind).toEqual(before);
  });
});
