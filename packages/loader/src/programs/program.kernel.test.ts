import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, it, type TestContext } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { NotSupportedError } from "../errors/index.ts";
import { LoadableSpec } from "../collection/index.ts";
import type { Program } from "./program.ts";

beforeEach(requireKernel);

async function use(name: string, test: (program: Program) => void, context?: TestContext): Promise<void> {
  const bytes = readFileSync(new URL("./fixtures/run.el.o", import.meta.url));
  const options = context === undefined ? {} : { optionalPrograms: [name] };
  using collection = await LoadableSpec.parse(bytes, "run").load({ programs: [name], ...options });
  const program = collection.programs.get(name);
  if (program === undefined) {
    context?.skip(collection.skipped.get(name)?.message);
    throw new Error(`${name} is not there`);
  }
  test(program);
}

const packet = Uint8Array.from({ length: 64 }, (_, index) => index);

describe("a test run", () => {
  it("gives the packet as the program left it", () =>
    use("grow", (program) => {
      const { returnValue, action, data, duration } = program.run({ data: packet, repeat: 1 });
      expect(returnValue).toBe(2);
      expect(action).toBe("pass");
      expect(data?.length).toBe(68);
      expect([...data!.subarray(0, 4)]).toEqual([0xaa, 0xbb, 0xcc, 0xdd]);
      expect([...data!.subarray(4)]).toEqual([...packet]);
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
      const { context, action } = program.run({ data: packet, context: { priority: 5, cb: [1, 2, 3, 4, 5] } });
      expect(context).toMatchObject({ mark: 77, priority: 5, cb: [78, 2, 3, 4, 5] });
      expect(action).toBe("ok");
      // Bytes will do as well, and without a context there is none.
      expect(program.run({ data: packet, context: new Uint8Array(192) }).context).toMatchObject({ mark: 77 });
      expect(program.run({ data: packet }).context).toBeUndefined();
    }));

  it("writes a syscall program's context in place", (test) =>
    use(
      "answer",
      (program) => {
        const context = Uint8Array.of(5, 0, 0, 0, 0, 0, 0, 0);
        const { returnValue, context: after } = program.run({ context });
        expect(returnValue).toBe(7);
        expect([...(after as Uint8Array)]).toEqual([10, 0, 0, 0, 0, 0, 0, 0]);
        expect(context[0]).toBe(5);
      },
      test,
    ));

  it("runs a raw tracepoint with its arguments, on a CPU", () =>
    use("arguments", (program) => {
      expect(program.run({ context: [3, 4n], cpu: 0 })).toEqual({ returnValue: 7 });
      const context = Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0);
      expect(program.run({ context }).returnValue).toBe(7);
      expect(program.run({ context: [-3, 10n] }).returnValue).toBe(7);
      expect(() => program.run({ context: [1.5] })).toThrow("is 1.5, and must be an integer");
    }));

  it("says that there is no packet", () =>
    use("count", (program) => {
      expect(() => program.run()).toThrow(/program "count" can't be run: it needs `data` of at least 14 bytes/);
    }));

  it("says what is missing", async () => {
    await use("arguments", (program) => {
      expect(() => program.run({ data: packet })).toThrow(
        /programs of its type take no `data`; it reads arguments: give them as `context`/,
      );
    });
    await use("untestable", (program) => {
      expect(() => program.run()).toThrow(NotSupportedError);
      expect(() => program.run()).toThrow(/has no test runs of BPF_PROG_TYPE_TRACEPOINT programs/);
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
