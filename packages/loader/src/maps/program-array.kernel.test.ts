import { beforeEach, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { MapFixture } from "../../../../test/map-fixture.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { ProgramArray, Queue, Stack } from "./index.ts";

beforeEach(requireKernel);

const packet = new Uint8Array(64);

it("programs jump to what is in the array", () => {
  const before = openKernelObjects();
  {
    using fixture = MapFixture.load("jumps");
    const jumps = fixture.map("jumps", ProgramArray);
    const start = fixture.program("start");
    const landed = fixture.program("landed");
    const run = (): number => start.run({ data: packet }).returnValue;
    fixture.set("where", 2);
    expect(run()).toBe(1);
    expect(jumps.get(2)).toBeUndefined();
    expect(jumps.has(2)).toBe(false);

    jumps.set(2, landed);
    expect(run()).toBe(42);
    expect(jumps.get(2)).toBe(landed.id);
    {
      using there = jumps.open(2, { section: "socket" });
      expect(there).toMatchObject({ name: "landed", id: landed.id, sectionName: "socket" });
      expect(jumps.open(1)).toBeUndefined();
      expect(() => jumps.open(2, { section: "xdp" })).toThrow("is for BPF_PROG_TYPE_XDP");
      expect(() => jumps.open(4)).toThrow("index 4 is not an integer from 0 to 3");
    }
    expect([...jumps]).toEqual([[2, landed.id]]);
    expect([...jumps.keys()]).toEqual([2]);
    expect([...jumps.values()]).toEqual([landed.id]);
    expect(jumps.size).toBe(1);
    jumps.forEach((id, index, map) => expect([id, index, map]).toEqual([landed.id, 2, jumps]));

    expect(jumps.delete(2)).toBe(true);
    expect(jumps.delete(2)).toBe(false);
    expect(run()).toBe(1);
    jumps.set(0, landed);
    jumps.set(3, landed);
    jumps.clear();
    expect(jumps.size).toBe(0);
  }
  expect(openKernelObjects()).toEqual(before);
});

it("says why it does not take a program", () => {
  using fixture = MapFixture.load("jumps");
  const jumps = fixture.map("jumps", ProgramArray);
  expect(() => jumps.set(0, fixture.program("stranger"))).toThrow("programs of one type, attach type");
  expect(() => jumps.set(0, jumps)).toThrow("EINVAL");
  expect(() => jumps.set(0, { fd: 0xfffff })).toThrow("what was given is no open program");
  expect(() => jumps.set(4, fixture.program("landed"))).toThrow("index 4 is not an integer from 0 to 3");
  expect(() => jumps.get(-1)).toThrow("index -1 is not an integer");
  expect(jumps.size).toBe(0);
});

it("without an object", () => {
  using fixture = MapFixture.load("jumps");
  using own = ProgramArray.create({ maxEntries: 2, name: "own" });
  own.set(1, fixture.program("landed"));
  using again = ProgramArray.fromFd(own.fd);
  expect([...again.values()]).toEqual([fixture.program("landed").id]);
});

it("queues and stacks are the programs' too", () => {
  using fixture = MapFixture.load("jumps");
  // The codec is that of the object's struct job.
  const todo = fixture.map("todo", Queue) as Queue<{ id: number; state: number }>;
  const done = fixture.map("done", Stack) as Stack<{ id: number; state: number }>;
  for (const id of [1, 2, 3]) todo.push({ id, state: 0 });
  expect(fixture.program("work").run({ data: packet }).returnValue).toBe(3);
  expect(todo.peek()).toBeUndefined();
  expect([...done.drain()]).toEqual([3, 2, 1].map((id) => ({ id, state: 1 })));
});
