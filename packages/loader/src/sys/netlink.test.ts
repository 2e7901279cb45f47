import { describe, expect, it } from "vitest";
import { addon } from "./addon.ts";
import { Errno } from "./errno.ts";
import { netlinkAttribute, netlinkAttributes, NetlinkFlag, netlinkRoute, netlinkU32 } from "./netlink.ts";

const RTM_GETLINK = 18;
const RTM_SETLINK = 19;
const here = process.platform === "linux" ? describe : describe.skip;

describe("attributes", () => {
  it("are padded to four bytes, and read back", () => {
    const nested = netlinkAttribute(5, [netlinkAttribute(1, netlinkU32(7)), netlinkAttribute(2, "ab")]);
    expect(nested.length % 4).toBe(0);
    const [outer] = [...netlinkAttributes(nested, 0)];
    expect(outer?.[0]).toBe(5);
    expect([...netlinkAttributes(outer?.[1] ?? new Uint8Array(), 0)]).toEqual([
      [1, netlinkU32(7)],
      [2, Uint8Array.of(97, 98, 0)],
    ]);
  });

  it("end where a length makes no sense", () => {
    expect([...netlinkAttributes(Uint8Array.of(0, 0, 1, 0), 0)]).toEqual([]);
    expect([...netlinkAttributes(Uint8Array.of(200, 0, 1, 0), 0)]).toEqual([]);
    expect([...netlinkAttributes(Uint8Array.of(4, 0), 0)]).toEqual([]);
  });
});

const call = (...rest: unknown[]): unknown => Reflect.apply(addon().netlink, undefined, rest);

here("netlinkRoute", () => {
  it("gives one message, or all of a dump", () => {
    const header = new Uint8Array(16);
    expect(netlinkRoute("RTM_GETLINK", RTM_GETLINK, NetlinkFlag.DUMP, [header], "interfaces").length).toBeGreaterThan(
      0,
    );
    header[4] = 1;
    expect(netlinkRoute("RTM_GETLINK", RTM_GETLINK, 0, [header], "interface 1").length).toBe(1);
  });

  it("throws what the kernel answers, with its own words where it has some", () => {
    const header = new Uint8Array(16);
    header[4] = 0xff;
    header[5] = 0xff;
    expect(() => netlinkRoute("RTM_GETLINK", RTM_GETLINK, 0, [header], "interface x")).toThrow(/ENODEV|EINVAL/);
    // Flags of XDP that exclude one another.
    header.fill(0);
    header[4] = 1;
    const xdp = netlinkAttribute(43 | 0x8000, [
      netlinkAttribute(1, netlinkU32(0xffff_ffff)),
      netlinkAttribute(3, netlinkU32(6)),
    ]);
    expect(() => netlinkRoute("RTM_SETLINK", RTM_SETLINK, NetlinkFlag.ACK, [header, xdp], "interface lo")).toThrow(
      /^interface lo/,
    );
  });

  it("does not wait for ever", () => {
    // A message that nobody answers: NLMSG_NOOP.
    const request = Uint8Array.of(16, 0, 0, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0);
    expect(addon().netlink(0, request, new Uint8Array(1000))).toBe(-Errno.ETIMEDOUT);
  });

  it("says when the answer does not fit", () => {
    const request = new Uint8Array(32);
    request.set([32, 0, 0, 0, RTM_GETLINK, 0, 1, 3]);
    expect(addon().netlink(0, request, new Uint8Array(100))).toBe(-Errno.EMSGSIZE);
    expect(addon().netlink(0, request, new Uint8Array())).toBe(-Errno.EMSGSIZE);
  });

  it("throws for wrong use", () => {
    const bytes = new Uint8Array(64);
    expect(() => call(-1, bytes, bytes)).toThrow(RangeError);
    expect(() => call(0, new Uint8Array(15), bytes)).toThrow(RangeError);
    expect(() => call(0, "x", bytes)).toThrow(TypeError);
    expect(() => call(0, bytes)).toThrow(TypeError);
  });
});
