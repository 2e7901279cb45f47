import { beforeAll, beforeEach, expect, it } from "vitest";
import { featureGroups } from "../../packages/loader/src/features/index.ts";
import { Errno, errnoName } from "../../packages/loader/src/sys/index.ts";
import { requireKernel, whyNoKernel } from "../kernel.ts";
import { openKernelObjects } from "../open-descriptors.ts";
import { FaultyAddon } from "./faulty-addon.ts";

let faulty: FaultyAddon;

beforeAll(() => {
  if (whyNoKernel === undefined) faulty = new FaultyAddon();
});
beforeEach(requireKernel);

/** What says nothing about the kernel: it may be otherwise in a moment. */
const PASSING = [Errno.ENOMEM, Errno.EAGAIN, Errno.EINTR, Errno.EMFILE];

it.each(featureGroups())(
  "$title are not told from calls that fail for want of memory, or descriptors",
  ({ probes }) => {
    const before = openKernelObjects();
    const wrong: string[] = [];
    for (const [name, probe] of probes) {
      faulty.watch();
      const answer = probe.test();
      faulty.rest();
      if (answer !== true) continue;
      for (const [number, call] of faulty.calls.slice().entries()) {
        for (const errno of PASSING) {
          faulty.watch(number, errno);
          const told = probe.test();
          faulty.rest();
          if (told === false) wrong.push(`${name}: no, when call ${number}, ${call}, fails with ${errnoName(errno)}`);
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(openKernelObjects()).toEqual(before);
  },
);
