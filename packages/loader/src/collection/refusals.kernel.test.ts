/** What is told when a program on a security hook refuses what this process asks of the kernel. */
import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import type { TestContext } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { MissingCapabilityError, NotSupportedError, SyscallError } from "../errors/index.ts";
import { CpuMap } from "../maps/index.ts";
import { kernelIsAtLeast, securityPrograms } from "../sys/index.ts";
import { Command } from "../uapi/index.ts";
import type { Collection } from "./collection.ts";
import { LoadableSpec } from "./loadable-spec.ts";

beforeEach(requireKernel);

const spec = LoadableSpec.parse(readFileSync(new URL("./fixtures/refusals.el.o", import.meta.url)), "refusals");
const load = (name: string): void => spec.loadSync({ programs: [name], maps: [] }).close();
const createMap = (): void => CpuMap.create({ maxEntries: 1, name: "cpus" }).close();

/** Programs on security hooks, as long as it is open. */
class Refusal implements Disposable {
  readonly #collection: Collection;
  readonly #links: readonly Disposable[];
  /** What the messages call it. */
  readonly culprit: string;

  constructor(collection: Collection) {
    this.#collection = collection;
    const attach = (name: string): { readonly id: number; [Symbol.dispose](): void } =>
      collection.programs.get(name)!.attach();
    const elsewhere = attach("deny_elsewhere");
    try {
      const link = attach("deny_command");
      this.#links = [elsewhere, link];
      const hook = kernelIsAtLeast("5.13") ? 'the security hook "bpf"' : "a security hook";
      const { id } = collection.programs.get("deny_command")!;
      this.culprit = `the BPF program "deny_command" (id ${id}) on ${hook}, until its link (id ${link.id}) is closed and unpinned`;
    } catch (error) {
      elsewhere[Symbol.dispose]();
      throw error;
    }
  }

  /** Refuses this command from now on. */
  refuse(command: Command, asSelinux = false): void {
    const { variables } = this.#collection;
    variables.get("process")!.set(process.pid);
    variables.get("as_selinux")!.set(asSelinux);
    variables.get("command")!.set(command);
  }

  [Symbol.dispose](): void {
    for (const link of this.#links) link[Symbol.dispose]();
    this.#collection.close();
  }
}

/** Skips where programs can't be on security hooks. */
function startRefusing(context: TestContext): Refusal {
  let collection: Collection | undefined;
  try {
    collection = spec.loadSync({ programs: ["deny_command", "deny_elsewhere"] });
    return new Refusal(collection);
  } catch (error) {
    collection?.close();
    const isLack =
      error instanceof NotSupportedError || (error instanceof MissingCapabilityError && error.missing === "lockdown");
    context.skip(isLack, `this kernel has no programs on security hooks: ${String(error)}`);
    throw error;
  }
}

describe("a program on a security hook", () => {
  it("is named by the error for what it refuses", (context) => {
    const before = openKernelObjects();
    {
      using refusal = startRefusing(context);
      refusal.refuse(Command.MAP_CREATE);
      expect(createMap).toThrow(SyscallError);
      expect(createMap).toThrow(
        /^map "cpus": BPF_MAP_CREATE failed with EPERM \(operation not permitted\): the process/,
      );
      expect(createMap).toThrow(refusal.culprit);
      // Those that are asked about other things are no suspects, where the kernel tells.
      if (kernelIsAtLeast("5.13")) expect(createMap).not.toThrow("deny_elsewhere");
      refusal.refuse(Command.PROG_LOAD);
      expect(() => load("pass")).toThrow(refusal.culprit);
      createMap();
    }
    expect(openKernelObjects()).toEqual(before);
    createMap();
  });

  it("is not taken for a kernel that refuses programs which patch its code", (context) => {
    using refusal = startRefusing(context);
    refusal.refuse(Command.PROG_LOAD);
    for (const name of ["trace", "deny_command"]) {
      expect(() => load(name)).toThrow(refusal.culprit);
      expect(() => load(name)).toThrow(SyscallError);
    }
  });

  it("may refuse in the way of SELinux", (context) => {
    using refusal = startRefusing(context);
    refusal.refuse(Command.MAP_CREATE, true);
    expect(createMap).toThrow(
      "BPF_MAP_CREATE failed with EACCES (permission denied): the process has the capabilities",
    );
    expect(createMap).toThrow(refusal.culprit);
  });

  it("may refuse to be found, too", (context) => {
    using refusal = startRefusing(context);
    refusal.refuse(Command.LINK_GET_NEXT_ID);
    expect(securityPrograms("BPF_MAP_CREATE")).toBeUndefined();
  });
});
