import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import {
  BpfError,
  IncompatibleMapError,
  MissingCapabilityError,
  NotSupportedError,
  VerifierError,
} from "../errors/index.ts";
import type { HashMap } from "../maps/index.ts";
import { CollectionSpec } from "../spec/index.ts";
import { MapFlag, MapType, ProgramType } from "../uapi/index.ts";
import type { CollectionOptions } from "./load-collection.ts";
import { loadCollection, loadCollectionSync } from "./load-collection.ts";

let before: readonly string[] = [];

beforeEach((context) => {
  requireKernel(context);
  before = openKernelObjects();
});

// Whatever fails, in whichever way, leaves nothing open.
afterEach(() => expect(openKernelObjects()).toEqual(before));

function read(name: string, order: "el" | "eb" = "el"): CollectionSpec {
  return CollectionSpec.parse(readFileSync(new URL(`./fixtures/${name}.${order}.o`, import.meta.url)), name);
}

/** The error of a load, which is the same one by one and in parallel. */
async function failure(spec: CollectionSpec, options: CollectionOptions = {}): Promise<BpfError> {
  const errors: BpfError[] = [];
  for (const load of [loadCollection, loadCollectionSync]) {
    try {
      (await load(spec, options)).close();
    } catch (error) {
      if (!(error instanceof BpfError)) throw error;
      errors.push(error);
    }
  }
  expect(errors).toHaveLength(2);
  expect(errors[1]?.message).toBe(errors[0]?.message);
  return errors[0]!;
}

describe("programs that are refused", () => {
  it("tell the decisive line, the source line and the instruction", async () => {
    const error = await failure(read("refused"), { programs: ["fine", "bad_pointer"], maps: [] });
    expect(error).toBeInstanceOf(VerifierError);
    expect(error).toMatchObject({ code: "ERR_BPF_VERIFIER", program: "bad_pointer", truncated: false });
    const [decisive] = /R0 invalid mem access '(?:scalar|inv)'/.exec((error as VerifierError).log.join("\n")) ?? [];
    expect(error.message).toBe(
      [
        `program "bad_pointer" was refused by the verifier: ${decisive} (EACCES)`,
        "  refused.bpf.c:8: return *pointer;",
        "  instruction 1: (79) r0 = *(u64 *)(r0 +0)",
      ].join("\n"),
    );
  });

  it("tell of the first that fails, when several do", async () => {
    const error = await failure(read("refused"), { programs: ["bad_helper", "bad_pointer"], maps: [] });
    expect(error.message).toMatch(/^program "bad_pointer"/);
  });

  it("explain an unknown helper", async () => {
    const error = await failure(read("refused"), { programs: ["bad_helper"], maps: [] });
    expect(error.message).toMatch(/invalid func unknown#9999/);
    expect(error.message).toMatch(/does not have helper 9999: it is older than what the program uses/);
  });

  it("explain what CO-RE could not find", async () => {
    const error = await failure(read("core"), { programs: ["poisoned"] });
    expect(error).toBeInstanceOf(VerifierError);
    expect(error.message).toMatch(/struct task_struct.*no_such_field.*which this kernel does not have/);
    expect(error.message).toMatch(/core\.bpf\.c:\d+: /);
    expect(error.message).toMatch(/bpf_core_field_exists/);
  });

  it("explain a licence", async () => {
    const error = await failure(read("proprietary"));
    expect(error.message).toMatch(/GPL-restricted function/);
    expect(error.message).toMatch(/the object's licence is "Proprietary"/);
  });

  it("explain a kernel that refuses trampolines", async () => {
    const spec = read("core");
    try {
      (await loadCollection(spec, { programs: ["trampoline"] })).close();
    } catch (error) {
      // Other kernels load it.
      expect(error).toBeInstanceOf(MissingCapabilityError);
      expect((error as Error).message).toMatch(/program "trampoline".*fentry/);
    }
  });

  it("name a tracepoint that does not exist, and a target that is missing", async () => {
    const noTracepoint = await failure(read("core"), { programs: ["no_tracepoint"] });
    expect(noTracepoint.code).toBe("ERR_BPF_NOT_FOUND");
    expect(noTracepoint.message).toMatch(/this kernel has no tracepoint "no_such_tracepoint"/);
    expect((await failure(read("core"), { programs: ["no_target"] })).message).toMatch(
      /does not say what it attaches to/,
    );
  });

  it("name a type that the kernel does not have", async () => {
    const spec = read("refused");
    spec.programs.get("fine")!.type = 9999;
    const error = await failure(spec, { programs: ["fine"], maps: [] });
    expect(error).toBeInstanceOf(NotSupportedError);
    expect(error.message).toMatch(/program "fine".*EINVAL.*has no 9999/);
  });

  it("say what the kernel refuses otherwise", async () => {
    const spec = read("refused");
    spec.programs.get("fine")!.flags = 0x4000_0000;
    const error = await failure(spec, { programs: ["fine"], maps: [] });
    expect(error.code).toBe("ERR_BPF_SYSCALL");
    expect(error.message).toMatch(/refuses its type, attach type or flags/);
  });
});

describe("what the kernel is to define", () => {
  it("is named when it is missing", async () => {
    const spec = read("refused");
    const symbol = await failure(spec, { programs: ["strong_symbol"], maps: [] });
    expect(symbol.message).toMatch(/"strong_symbol" uses the kernel symbol "no_such_kernel_symbol"/);
    const call = await failure(spec, { programs: ["strong_function"], maps: [] });
    expect(call).toMatchObject({ code: "ERR_BPF_NOT_FOUND" });
    expect(call.message).toMatch(/uses the kernel function "no_such_kernel_function", which this kernel does not have/);
  });

  it("is told by the verifier when it is weak, missing and called", async () => {
    const error = await failure(read("refused"), { programs: ["weak_function"], maps: [] });
    expect(error).toBeInstanceOf(VerifierError);
    expect(error.message).toMatch(
      /calls the kernel function "no_such_optional_function", which this kernel does not have/,
    );
    expect(error.message).toMatch(/refused\.bpf\.c:\d+: return no_such_optional_function/);
  });
});

describe("what the kernel has otherwise than it is declared", () => {
  it("is shown both ways", async (context) => {
    const call = await failure(read("refused"), { programs: ["wrong_prototype"], maps: [] });
    expect(call).toMatchObject({ code: "ERR_BPF_INVALID_ARGUMENT" });
    expect(call.message).toMatch(
      'program "wrong_prototype" declares the kernel function "vfs_read" as "long vfs_read(struct file *, char *)", ' +
        'and in this kernel it is "ssize_t vfs_read(struct file *, char *, size_t, loff_t *)"',
    );
    const variable = await failure(read("refused"), { programs: ["wrong_variable"], maps: [] });
    context.skip(/this kernel does not have/.test(variable.message), "this kernel's types have no variables");
    expect(variable.message).toMatch(
      '"wrong_variable" declares the kernel variable "runqueues" as "const u32 runqueues", and in this kernel it is "struct rq runqueues"',
    );
  });

  it("is missing to programs that can do without", () => {
    using collection = loadCollectionSync(read("refused"), { programs: ["other_prototype"], maps: [] });
    expect(collection.programs.get("other_prototype")?.run({ data: new Uint8Array(64) }).returnValue).toBe(3);
  });
});

describe("maps that are refused", () => {
  it("tell the wrong field", async () => {
    const error = await failure(read("refused"), { programs: ["fine"], maps: ["no_entries"] });
    expect(error).toMatchObject({ code: "ERR_BPF_SYSCALL", errno: "EINVAL", command: "BPF_MAP_CREATE" });
    expect(error.message).toMatch(/map "no_entries".*max_entries is 0, BPF_MAP_TYPE_HASH wants more than 0/);
  });

  it("tell a ring buffer's size", async () => {
    const spec = read("choices");
    spec.maps.get("events")!.maxEntries = 0;
    expect((await failure(spec)).message).toMatch(/page size \(\d+\) times a power of two/);
  });

  it("tell of bytes in their definition that nobody reads, unless they are zero", async () => {
    const spec = read("choices");
    const flows = spec.maps.get("flows")!;
    flows.extra = new Uint8Array([0, 0, 1, 0]);
    const error = await failure(spec);
    expect(error.code).toBe("ERR_BPF_INVALID_ARGUMENT");
    expect(error.message).toMatch(/map "flows": its definition has 4 bytes behind the known fields/);
    flows.extra = new Uint8Array(4);
    loadCollectionSync(spec).close();
  });

  it("tell a type that the kernel does not have", async () => {
    const error = await failure(read("refused"), { programs: [], maps: ["no_such_type"] });
    expect(error.message).toMatch(/map "no_such_type".*there is no map type 9999/);
    const spec = read("choices");
    spec.maps.get("flows")!.flags = MapFlag.RDONLY | MapFlag.WRONLY;
    expect((await failure(spec)).message).toMatch(/map "flows".*refuses a field or flag/);
  });
});

describe("requests that are wrong", () => {
  it("for constants: all unknown names, and values that do not fit", async () => {
    const spec = read("globals");
    const unknown = await failure(spec, { constants: { nothing: 1, nobody: 2 } });
    expect(unknown.code).toBe("ERR_BPF_NOT_FOUND");
    expect(unknown.message).toMatch(/"nothing", "nobody"/);
    const unfit = await failure(spec, { constants: { target: 2 ** 32 } });
    expect(unfit.code).toBe("ERR_BPF_VALUE");
    expect(unfit.message).toMatch(/target/);
  });

  it("for names", async () => {
    const spec = read("choices");
    expect((await failure(spec, { programs: ["nobody"] })).message).toMatch(/no program "nobody": it was asked for/);
    expect((await failure(spec, { maps: ["nothing"] })).message).toMatch(/no map "nothing"/);
    spec.maps.delete("flows");
    expect((await failure(spec)).message).toMatch(/no map "flows": program "count_flow" refers to it/);
  });

  it("for the byte order", async () => {
    const error = await failure(read("calls", "eb"));
    expect(error.message).toMatch(/object is big-endian and this machine is not/);
  });

  it("for replacements", async () => {
    const spec = read("choices");
    const other = read("choices");
    const flows = other.maps.get("flows")!;
    flows.type = MapType.LRU_HASH;
    flows.maxEntries = 65;
    using collection = await loadCollection(other, { programs: [], maps: ["flows"] });
    const map = collection.maps.get("flows")!;
    const incompatible = await failure(spec, { mapReplacements: { flows: map } });
    expect(incompatible).toBeInstanceOf(IncompatibleMapError);
    expect((incompatible as IncompatibleMapError).differences).toEqual([
      "type BPF_MAP_TYPE_LRU_HASH, wanted BPF_MAP_TYPE_HASH",
      "max_entries 65, wanted 64",
    ]);
    const unknown = await failure(spec, { mapReplacements: { flow: map } });
    expect(unknown.message).toMatch(/mapReplacements: the object has no map "flow"/);
    map.close();
    expect((await failure(spec, { mapReplacements: { flows: map } })).code).toBe("ERR_BPF_CLOSED");
  });

  it("for a program that extends nothing", async () => {
    const spec = read("core");
    const program = spec.programs.get("trampoline")!;
    program.type = ProgramType.EXT;
    expect((await failure(spec, { programs: ["trampoline"] })).message).toMatch(/attachTargets/);
  });
});

it("maps that replace others are shared, and stay the caller's", async () => {
  const spec = read("choices");
  const first = await loadCollection(spec, { programs: [], maps: ["flows"] });
  const flows = first.maps.get("flows") as HashMap<unknown, unknown>;
  const second = await loadCollection(spec, { mapReplacements: { flows } });
  expect(second.maps.get("flows")?.id).toBe(flows.id);
  second.programs.get("count_flow")?.run({ data: new Uint8Array(64) });
  expect(flows.size).toBe(1);
  first.close();
  expect((second.maps.get("flows") as HashMap<unknown, unknown>).size).toBe(1);
  second.close();
});

it("sections can be replaced, too", async () => {
  const spec = read("globals");
  using first = await loadCollection(spec);
  first.variables.get("counter")?.set(5);
  using second = await loadCollection(spec, { mapReplacements: { ".bss": first.maps.get(".bss")! } });
  expect(second.variables.get("counter")?.get()).toBe(5);
});
