import { execFileSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { inspect } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, it, type TestContext } from "vitest";
import { BpfError, NotSupportedError } from "../../packages/loader/src/errors/index.ts";
import { RingBuf } from "../../packages/loader/src/maps/index.ts";
import { Errno, errnoName, type FileDescriptor } from "../../packages/loader/src/sys/index.ts";
import { MapType } from "../../packages/loader/src/uapi/index.ts";
import { requireKernel, whyNoKernel } from "../kernel.ts";
import { newMap } from "../new-map.ts";
import { attachOperations } from "./attach-operations.ts";
import { FaultyAddon } from "./faulty-addon.ts";
import { infoOperations } from "./info-operations.ts";
import { loadOperations } from "./load-operations.ts";
import { mapOperations } from "./map-operations.ts";
import { openOperations } from "./open-operations.ts";
import type { Operation } from "./operation.ts";
import { probeOperations } from "./probe-operations.ts";
import { processState } from "./process-state.ts";
import { programOperations } from "./program-operations.ts";

/** What a kernel answers that lacks something, does not allow it, has nothing of the name, or no memory. */
const ERRORS = [Errno.EINVAL, Errno.EPERM, Errno.ENOENT, Errno.ENOMEM];

const operations = [
  ...loadOperations,
  ...attachOperations,
  ...mapOperations,
  ...programOperations,
  ...openOperations,
  ...infoOperations,
  ...probeOperations,
];
/** Calls of one operation that are made to fail; those that make more repeat themselves. */
const MOST_CALLS = 100;

type Attempt = ReturnType<Operation["prepare"]>;

const pinPath = mkdtempSync(join(tmpdir(), "faults-"));
const tracing = mkdtempSync(join(tmpdir(), "faults-"));
let faulty: FaultyAddon;
let kept: Disposable[] = [];

beforeAll(() => {
  if (whyNoKernel !== undefined) return;
  execFileSync("mount", ["-t", "bpf", "bpf", pinPath]);
  execFileSync("mount", ["-t", "tracefs", "nodev", tracing]);
  faulty = new FaultyAddon();
});

afterAll(() => {
  for (const path of [pinPath, tracing]) {
    if (whyNoKernel === undefined) execFileSync("umount", ["-l", path]);
    rmdirSync(path);
  }
});

beforeEach((context) => {
  requireKernel(context);
  kept = [];
});

function prepared(context: TestContext, prepare: Operation["prepare"]): Attempt {
  try {
    return prepare({
      pinPath,
      keep: (thing) => {
        kept.push(thing);
        return thing;
      },
    });
  } catch (error) {
    skipIfLacking(context, error);
    throw error;
  }
}

/** Tries it once and closes what it opened. @returns what it threw */
async function outcome(attempt: Attempt): Promise<unknown> {
  try {
    const thing = await attempt();
    faulty.rest();
    thing?.[Symbol.dispose]();
    return undefined;
  } catch (error) {
    return error;
  } finally {
    faulty.rest();
    await watchersClosed();
  }
}

/** libuv closes what it watched behind the callbacks of the event loop's turn: when the next turn has begun, it has. */
async function watchersClosed(): Promise<void> {
  await setImmediate();
  await setImmediate();
}

/** Skips where the kernel lacks what the operation needs; that it is refused it says with EPERM. */
function skipIfLacking(context: TestContext, error: unknown): void {
  const lacks = error instanceof NotSupportedError || (error instanceof BpfError && /EPERM/.test(error.message));
  if (lacks) context.skip(`this kernel does not do it: ${error.message}`);
}

/** What is wrong after a call failed, in words. */
function complaints(error: unknown, before: readonly string[]): readonly string[] {
  const left = [...processState(pinPath)];
  for (const thing of before) if (left.includes(thing)) left.splice(left.indexOf(thing), 1);
  const untyped = error === undefined || error instanceof BpfError ? [] : [`throws ${inspect(error)}`];
  return [...untyped, ...left.map((thing) => `leaves ${thing}`)];
}

const create = (): FileDescriptor => newMap(MapType.HASH, { key: 4, value: 4, entries: 1 });

describe("the addon that fails", () => {
  it("does so at the call that it is told, and once", () => {
    faulty.watch(1, Errno.ENOMEM);
    create().close();
    expect(create).toThrow(expect.objectContaining({ errno: "ENOMEM" }));
    create().close();
    expect(faulty.calls).toEqual(["bpf", "bpf", "bpf"]);
    faulty.rest();
  });

  it("leaves things that are seen", () => {
    const before = processState(pinPath);
    const ring = RingBuf.create({ size: 4096 });
    ring.consume(() => undefined);
    ring.pin(join(pinPath, "ring"));
    const left = complaints(undefined, before);
    expect(left).toEqual([
      expect.stringContaining("leaves mapped anon_inode:bpf-map"),
      expect.stringContaining("leaves mapped anon_inode:bpf-map"),
      "leaves open anon_inode:bpf-map",
      `leaves pinned ${pinPath}/ring`,
    ]);
    ring.unpin();
    ring.close();
    expect(complaints(new TypeError("wrong"), before)).toEqual([expect.stringContaining("throws TypeError: wrong")]);
  });
});

describe.each(operations)("$name", { timeout: 300_000 }, ({ prepare }) => {
  it("leaves nothing behind and throws a BpfError, whichever call fails", async (context) => {
    try {
      const attempt = prepared(context, prepare);
      // The first time opens what stays open, such as the kernel's types.
      await outcome(attempt);
      const before = processState(pinPath);
      faulty.watch();
      const first = await outcome(attempt);
      skipIfLacking(context, first);
      expect(first).toBeUndefined();
      expect(processState(pinPath)).toEqual(before);

      const calls = faulty.calls.slice(0, MOST_CALLS);
      const found: string[] = [];
      let known = before;
      let failures = 0;
      for (const [number, call] of calls.entries()) {
        for (const errno of ERRORS) {
          faulty.watch(number, errno);
          const error = await outcome(attempt);
          if (error !== undefined) failures++;
          const complained = complaints(error, known);
          if (complained.length > 0) known = processState(pinPath);
          found.push(...complained.map((complaint) => `call ${number}, ${call}, ${errnoName(errno)}: ${complaint}`));
        }
      }
      expect(found).toEqual([]);
      expect(failures).toBeGreaterThan(0);
    } finally {
      for (const thing of kept.toReversed()) thing[Symbol.dispose]();
    }
  });
});
