import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TestContext } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { NotSupportedError, VerifierError } from "../errors/index.ts";
import { boundedLoops, lacks } from "../features/index.ts";
import { LoadableSpec } from "./loadable-spec.ts";

let before: readonly string[] = [];

beforeEach((context) => {
  requireKernel(context);
  before = openKernelObjects();
});

afterEach(() => expect(openKernelObjects()).toEqual(before));

const bytes = readFileSync(new URL("./fixtures/explained.el.o", import.meta.url));

function failure(name: string, edit: (spec: LoadableSpec) => void = () => {}): unknown {
  const spec = LoadableSpec.parse(bytes, "explained");
  edit(spec);
  try {
    spec.loadSync({ programs: [name], maps: [] }).close();
  } catch (error) {
    return error;
  }
  throw new Error(`${name} was loaded`);
}

function refusal(name: string, edit?: (spec: LoadableSpec) => void): VerifierError {
  const error = failure(name, edit);
  expect(error).toBeInstanceOf(VerifierError);
  // As was just asserted.
  return error as VerifierError;
}

describe("a program that the verifier refuses", () => {
  it("for a reference that it keeps: where that was acquired", () => {
    expect(refusal("unreleased").message).toMatch(
      /explained\.bpf\.c:\d+: \}\n[^]*must be given back on every path[^]*acquired here:\n {2}explained\.bpf\.c:\d+: u64 \*record = ringbuf_reserve/,
    );
  });

  it("for a loop without an end: where it is", () => {
    const { message } = refusal("endless");
    expect(message).toMatch(/infinite loop detected.*\n {2}explained\.bpf\.c:2\d: /);
    expect(message).toMatch(/count the rounds, up to a constant/);
  });

  it("for its length: where the verifier gave up", (context: TestContext) => {
    context.skip(lacks(boundedLoops), "the kernel has no loops");
    const { message } = refusal("too_long");
    expect(message).toMatch(/BPF program is too large.*\n {2}explained\.bpf\.c:3\d: /);
    expect(message).toMatch(/split the program/);
  });

  it("before it looks at it: how long it is", () => {
    const error = failure("endless", (spec) => {
      // r0 = 0, as often as the kernel takes, and exit.
      const code = new Uint8Array(8 * 1_000_002);
      for (let at = 0; at < code.length; at += 8) code[at] = 0xb7;
      code[code.length - 8] = 0x95;
      const [main] = spec.programs.get("endless")!.functions;
      Object.assign(main!, { code, lines: [] });
    });
    expect((error as Error).message).toMatch(
      /program "endless": BPF_PROG_LOAD failed with E2BIG.*it has 1000002 instructions, and the kernel takes a million/,
    );
  });

  it("for a helper of other types of program: which, and whose it is", () => {
    const error = refusal("wrong_type");
    expect(error.message).toMatch(/bpf_redirect_neigh.*\n {2}explained\.bpf\.c:\d+: return redirect_neighbour/);
    expect(error.message).toMatch(
      /programs of type BPF_PROG_TYPE_XDP may not call bpf_redirect_neigh; those of type .*BPF_PROG_TYPE_SCHED_CLS.* may/,
    );
    expect(error.cause).toBeInstanceOf(NotSupportedError);
  });

  it("for a helper that the kernel does not have", () => {
    const { message } = refusal("wrong_type", (spec) => {
      const [main] = spec.programs.get("wrong_type")!.functions;
      // The helper's number is in the instruction's last four bytes.
      const { code } = main!;
      const call = Array.from({ length: code.length / 8 }, (_, slot) => slot * 8).find((at) => code[at] === 0x85);
      new DataView(code.buffer, code.byteOffset).setInt32(call! + 4, 5000, true);
    });
    expect(message).toMatch(/the running kernel \(.*\) does not have helper 5000: it is older than/);
  });

  it("for a function of the kernel that is for other types of program", (context) => {
    const error = failure("wrong_function");
    context.skip(!(error instanceof VerifierError), "the kernel has no bpf_cpumask_create()");
    expect((error as VerifierError).message).toMatch(
      /bpf_cpumask_create is not allowed[^]*does not offer "bpf_cpumask_create" to programs of type BPF_PROG_TYPE_XDP/,
    );
  });

  it("for a field that the kernel's types don't have: which they have that looks like it", () => {
    const error = refusal("misspelt");
    expect(error.message).toMatch(
      /it uses struct task_struct\.pidd .*this kernel's struct task_struct has no "pidd"; did you mean "pid"/,
    );
    expect(error.cause).toBeInstanceOf(NotSupportedError);
  });
});
