import { describe, expect, it } from "vitest";
import type { Link } from "../links/index.ts";
import type { StructOpsMap } from "../maps/index.ts";
import type { Program } from "../programs/index.ts";
import { attachAll, closeAll } from "./attached-links.ts";

/** Programs that note what happens to them. */
function programs(...kinds: readonly (readonly [Program["auto"], string, Error?])[]): {
  list: Program[];
  events: string[];
} {
  const events: string[] = [];
  const list = kinds.map(([auto, attachTo, failure], index) => {
    const attach = (): Pick<Link, "close"> => {
      if (failure !== undefined) throw failure;
      events.push(`attach ${index}`);
      return { close: () => events.push(`close ${index}`) };
    };
    // All that attachAll looks at.
    return { auto, attachTo, attach } as unknown as Program;
  });
  return { list, events };
}

describe("attachAll", () => {
  it("attaches the programs whose section says where, and closes their links", () => {
    const { list, events } = programs(["always", ""], ["withTarget", ""], ["withTarget", "sched"], ["never", "x"]);
    {
      using links = attachAll(list);
      expect(links.size).toBe(2);
      expect([...links]).toHaveLength(2);
    }
    expect(events).toEqual(["attach 0", "attach 2", "close 0", "close 2"]);
  });

  it("registers structures, which are taken out with the rest", () => {
    const { list, events } = programs(["always", "", new Error("no such function")]);
    // All that attachAll looks at.
    const structure = {
      attach: () => {
        events.push("register");
        return { close: () => events.push("take out") };
      },
    } as unknown as StructOpsMap;
    attachAll([], [structure]).close();
    expect(() => attachAll(list, [structure])).toThrow("no such function");
    expect(events).toEqual(["register", "take out", "register", "take out"]);
  });

  it("attaches none when one can't be", () => {
    const { list, events } = programs(["always", ""], ["always", "", new Error("no such function")], ["always", ""]);
    expect(() => attachAll(list)).toThrow("no such function");
    expect(events).toEqual(["attach 0", "close 0"]);
  });
});

describe("closeAll", () => {
  it("closes every one, and throws what went wrong first", () => {
    const closed: number[] = [];
    const things = [0, 1, 2].map((i) => ({
      close: (): void => {
        closed.push(i);
        if (i > 0) throw new Error(`failure ${i}`);
      },
    }));
    expect(() => closeAll(things)).toThrow("failure 1");
    expect(closed).toEqual([0, 1, 2]);
  });
});
