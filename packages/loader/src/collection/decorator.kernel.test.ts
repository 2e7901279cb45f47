import { readFileSync } from "node:fs";
import { runInThisContext } from "node:vm";
import { ts } from "ts-morph";
import { afterEach, beforeEach, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import type { BpfMap, Variable } from "../maps/index.ts";
import { ArrayMap, HashMap } from "../maps/index.ts";
import type { Program } from "../programs/index.ts";
import { ebpf } from "./ebpf.ts";
import { LoadableSpec } from "./loadable-spec.ts";

let before: readonly string[] = [];

beforeEach((context) => {
  requireKernel(context);
  before = openKernelObjects();
});

afterEach(() => expect(openKernelObjects()).toEqual(before));

const spec = LoadableSpec.parse(readFileSync(new URL("./fixtures/choices.el.o", import.meta.url)), "choices");

/** What TypeScript makes of a class; the test runner's own compiler doesn't know standard decorators. */
function compile(source: string, options: ts.CompilerOptions = {}): new () => never {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022, ...options },
  });
  const make = runInThisContext(`(ebpf) => { ${outputText}; return Objects; }`) as (
    tags: typeof ebpf,
  ) => new () => never;
  return make(ebpf);
}

interface Objects {
  prog: Program;
  flows: BpfMap;
  plain: string;
  readonly private: Variable<bigint>;
  inner: { totals: BpfMap };
}

const source = `
  class Inner {
    @ebpf("totals") totals;
  }
  class Base {
    @ebpf("count_flow") accessor prog;
  }
  class Objects extends Base {
    @ebpf(ebpf.map("flows")) flows;
    @ebpf.ignored plain = "kept";
    @ebpf(ebpf.variable("seen")) #private;
    inner = new Inner();
    get private() { return this.#private; }
  }
`.replace("@ebpf.ignored ", "");

it("fills decorated fields, of base classes and nested instances too", async () => {
  const Class = compile(source) as new () => Objects;
  const target = new Class();
  const objects = await spec.loadAndAssign(target);
  expect(objects).toBe(target);
  expect(target.prog.run({ data: new Uint8Array(64) }).returnValue).toBe(1);
  expect(target.flows).toBeInstanceOf(HashMap);
  expect((target.flows as HashMap<unknown, unknown>).size).toBe(1);
  expect(target.inner.totals.maxEntries).toBe(8);
  expect(target.private.get()).toBe(0n);
  expect(target.plain).toBe("kept");
  expect(Object.keys(target)).not.toContain("close");
  objects.close();

  // Each instance is filled for itself.
  const other = new Class();
  using _second = spec.loadAndAssignSync(other);
  expect(other.prog.id).not.toBe(0);
  expect(() => target.prog.fd).toThrow(/closed/);
});

it("assigns specs to decorated fields", () => {
  const Class = compile(source) as new () => Objects;
  const target = spec.assign(new Class());
  expect(target.prog).toBe(spec.programs.get("count_flow"));
  expect(target.flows).toBe(spec.maps.get("flows"));
});

it("leaves a close method of the class alone", async () => {
  const Class = compile(
    `class Objects { @ebpf("flows") flows; closed = 0; close() { this.closed++; this.flows.close(); } }`,
  );
  const target: { closed: number; close(): void } = await spec.loadAndAssign(new Class());
  target.close();
  expect(target.closed).toBe(1);
});

async function load(source: string): Promise<unknown> {
  return spec.loadAndAssign(new (compile(source))());
}

it("tells what is wrong with a class", async () => {
  await expect(load(`class Objects { @ebpf("flows") a; @ebpf("flows") accessor b; }`)).rejects.toThrow(
    /map "flows" was already assigned to field/,
  );
  await expect(load(`class Objects { @ebpf("nothing") a; }`)).rejects.toThrow(
    'field a: the object has no program, map or variable "nothing"',
  );
  await expect(load(`class Objects { @ebpf("flows") a; constructor() { Object.freeze(this); } }`)).rejects.toThrow(
    "field a can't be set",
  );
  await expect(load(`class Objects { a = 1; }`)).rejects.toThrow(/neither an object of tags nor an instance/);
  expect(() => compile(`class Objects { @ebpf("flows") static a; }`)).toThrow(/static field/);
  expect(() => compile(`class Objects { @ebpf("flows") a() {} }`)).toThrow(/decorates a field or an accessor/);
  expect(() => compile(`class Objects { @ebpf("flows") a; }`, { experimentalDecorators: true })).toThrow(
    /turn off "experimentalDecorators"/,
  );
});

it("fills fields of optional tags where the kernel has what they need", () => {
  const late = LoadableSpec.parse(readFileSync(new URL("./fixtures/late-maps.el.o", import.meta.url)), "late-maps");
  const Class = compile(`
    class Objects {
      @ebpf(ebpf.arrayMap("hits", undefined, { optional: true })) accessor hits = "not set";
      @ebpf(ebpf.map("growing", { optional: true })) growing = "not set";
    }
  `) as new () => { hits: unknown; growing: unknown };
  const objects = late.loadAndAssignSync(new Class());
  expect(objects.hits).toBeInstanceOf(ArrayMap);
  if (objects.skipped.has("growing")) expect(objects.growing).toBeUndefined();
  else expect(objects.growing).toBeInstanceOf(HashMap);
  objects.close();
});
