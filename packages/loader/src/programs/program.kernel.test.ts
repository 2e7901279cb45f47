import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { LoadableSpec } from "../collection/index.ts";
import type { Program } from "./program.ts";

beforeEach(requireKernel);

async function use(name: string, test: (program: Program) => void): Promise<void> {
  const bytes = readFileSync(new URL("./fixtures/run.el.o", import.meta.url));
  using collection = await LoadableSpec.parse(bytes, "run").load({ programs: [name] });
  const program = collection.programs.get(name);
  if (program === undefined) throw new Error(`${name} is not there`);
  test(program);
}

const packet = Uint8Array.from({ length: 64 }, (_, index) => index);

describe("a test run", () => {
  it("gives the packet as the program left it", () =>
    use("grow", (program) => {
      const { returnValue, data, duration } = program.run({ data: packet, repeat: 1 });
      expect(returnValue).toBe(2);
      expect(data.length).toBe(68);
      expect([...data.subarray(0, 4)]).toEqual([0xaa, 0xbb, 0xcc, 0xdd]);
      expect([...data.subarray(4)]).toEqual([...packet]);
      expect(duration).toBeGreaterThan(0);
      // What was given is not touched.
      expect(packet[0]).toBe(0);
    }));

  it("repeats", () =>
    use("count", (program) => {
      program.run({ data: packet, repeat: 100 });
      expect(program.run({ data: packet }).returnValue).toBe(101);
    }));

  it("takes a context and gives it back", () =>
    use("mark", (program) => {
      const context = new Uint8Array(192);
      const { context: after } = program.run({ data: packet, context });
      expect(after.length).toBe(192);
      // struct __sk_buff: mark at 8, cb[0] at 48.
      expect(new DataView(after.buffer).getUint32(8, true)).toBe(77);
      expect(new DataView(after.buffer).getUint32(48, true)).toBe(78);
    }));

  it("writes a syscall program's context in place", () =>
    use("answer", (program) => {
      const context = Uint8Array.of(5, 0, 0, 0, 0, 0, 0, 0);
      const { returnValue, context: after } = program.run({ context });
      expect(returnValue).toBe(7);
      expect([...after]).toEqual([10, 0, 0, 0, 0, 0, 0, 0]);
      expect(context[0]).toBe(5);
    }));

  it("runs a raw tracepoint with its arguments, on a CPU", () =>
    use("arguments", (program) => {
      expect(
        program.run({ context: Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0), cpu: 0 }).returnValue,
      ).toBe(7);
    }));

  it("says what is missing", async () => {
    await use("count", (program) => {
      expect(() => program.run()).toThrow(
        /program "count" can't be run \(EINVAL\): it needs `data` of at least 14 bytes/,
      );
    });
    await use("arguments", (program) => {
      expect(() => program.run({ data: packet })).toThrow(/takes `context` and `cpu`, neither `data` nor `repeat`/);
    });
    await use("untestable", (program) => {
      expect(() => program.run()).toThrow(/the kernel has no test run for BPF_PROG_TYPE_TRACEPOINT/);
    });
  });
});

it("knows its id, tag and section", () =>
  use("count", (program) => {
    expect(program.id).toBeGreaterThan(0);
    expect(program.tag).toMatch(/^[0-9a-f]{16}$/);
    expect(program).toMatchObject({ name: "count", type: 6, attachKind: "xdp", sectionName: "?xdp", attachTo: "" });
  }));

it("attaches with the options of its kind", () =>
  use("count", (program) => {
    const link = program.attach({ interface: "lo", mode: "generic" });
    expect(link.kind).toBe("xdp");
    link.close();
    expect(() => program.attach()).toThrow(expect.objectContaining({ code: "ERR_BPF_INVALID_ARGUMENT" }));
  }));

it("is unusable once closed, and can be closed again", () =>
  use("count", (program) => {
    const { id } = program;
    expect(id).toBeGreaterThan(0);
    program.close();
    program.close();
    for (const broken of [
      () => program.fd,
      () => program.id,
      () => program.run({ data: packet }),
      () => program.attach(),
    ]) {
      expect(broken).toThrow(expect.objectContaining({ code: "ERR_BPF_CLOSED" }));
    }
  }));
