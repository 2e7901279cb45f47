import { readFileSync } from "node:fs";
import { beforeEach, expect, it } from "vitest";
import type { TestContext } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { MissingCapabilityError } from "../errors/index.ts";
import type { Collection } from "./collection.ts";
import type { CollectionOptions } from "./load-collection.ts";
import { LoadableSpec } from "./loadable-spec.ts";

beforeEach(requireKernel);

const packet = new Uint8Array(64);
const spec = LoadableSpec.parse(readFileSync(new URL("./fixtures/extension.el.o", import.meta.url)), "extension");

/** Skips where the kernel lets no program patch its code. */
async function load(context: TestContext, options: CollectionOptions): Promise<Collection> {
  try {
    return await spec.load(options);
  } catch (error) {
    context.skip(
      error instanceof MissingCapabilityError && error.missing === "lockdown",
      "this kernel refuses programs that patch its code",
    );
    throw error;
  }
}

it("names a function that the target does not have", async () => {
  using target = await spec.load();
  const attachTargets = { wrong_name: target.programs.get("target")! };
  await expect(spec.load({ programs: ["wrong_name"], attachTargets })).rejects.toThrow(
    'program "wrong_name" (SEC("?freplace/nothing")): program "target" has no function "nothing"',
  );
  await expect(spec.load({ attachTargets: { nobody: target.programs.get("target")! } })).rejects.toThrow(
    'option attachTargets: the object has no program "nobody"',
  );
});

it("loads a program that replaces a function of another", async (context) => {
  using target = await spec.load();
  const program = target.programs.get("target")!;
  using extension = await load(context, { programs: ["replacement"], attachTargets: { replacement: program } });
  expect(program.run({ data: packet }).returnValue).toBe(1);
  const link = extension.programs.get("replacement")!.attach();
  expect(program.run({ data: packet }).returnValue).toBe(2);
  link.close();
  expect(program.run({ data: packet }).returnValue).toBe(1);
});

it("loads a program that traces a function of another", async (context) => {
  using target = await spec.load();
  const program = target.programs.get("target")!;
  using tracer = await load(context, { programs: ["on_decide"], attachTargets: { on_decide: program } });
  const link = tracer.programs.get("on_decide")!.attach();
  program.run({ data: packet });
  expect(tracer.variables.get("entered")?.get()).toBe(1n);
  link.close();
});
