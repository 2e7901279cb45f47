import { spawnSync } from "node:child_process";
import { beforeEach, describe, expect, test } from "vitest";
import { AttachFixture, attachOrSkip } from "../../../../test/attach-fixture.ts";
import { requireKernel } from "../../../../test/kernel.ts";
import { LinkType } from "../uapi/link-type.ts";
import { readExecutable } from "./executable.ts";
import { findExecutable } from "./library-path.ts";

beforeEach(requireKernel);

const LIBC = "libc.so.6";

/** Calls the function of the C library in this process. */
const getgid = (): void => void process.getgid?.();

describe("uprobe", () => {
  test("attaches by the section's name, in all processes", () => {
    using fixture = AttachFixture.load("on_uprobe_auto");
    const link = fixture.program("on_uprobe_auto").attach();
    getgid();
    expect(fixture.read("uprobe_auto_runs")).toBe(1n);
    link.close();
    getgid();
    expect(fixture.read("uprobe_auto_runs")).toBe(1n);
  });

  test("attaches to a function in this process only", () => {
    using fixture = AttachFixture.load("on_uprobe");
    using _link = fixture.program("on_uprobe").attach({ path: LIBC, symbol: "getgid", pid: process.pid });
    // bash asks for its group when it starts.
    spawnSync("bash", ["-c", "true"]);
    expect(fixture.read("uprobe_runs")).toBe(0n);
    getgid();
    expect(fixture.read("uprobe_runs")).toBe(1n);
  });

  test("has a cookie", (context) => {
    using fixture = AttachFixture.loadOrSkip(context, "on_uprobe_cookie");
    const attach = (): Disposable =>
      fixture.program("on_uprobe_cookie").attach({ path: LIBC, symbol: "getgid", cookie: 99n });
    using _link = attachOrSkip(context, attach);
    getgid();
    expect(fixture.read("uprobe_cookie")).toBe(99n);
  });

  test("attaches to an offset in the file", () => {
    using fixture = AttachFixture.load("on_uprobe");
    const path = findExecutable(LIBC);
    const offset = readExecutable(path).functionOffset("getgid");
    using _link = fixture.program("on_uprobe").attach({ path, offset });
    getgid();
    expect(fixture.read("uprobe_runs")).toBe(1n);
  });

  test("attaches to a function's return", () => {
    using fixture = AttachFixture.load("on_uretprobe");
    using _link = fixture.program("on_uretprobe").attach({ path: LIBC, symbol: "getgid" });
    getgid();
    expect(fixture.read("uretprobe_runs")).toBe(1n);
  });

  test("may sleep", (context) => {
    using fixture = AttachFixture.loadOrSkip(context, "on_sleepable_uprobe");
    using _link = fixture.program("on_sleepable_uprobe").attach({ path: LIBC, symbol: "getgid" });
    getgid();
    expect(fixture.read("sleepable_uprobe_runs")).toBe(1n);
  });

  test("overrides the section's function, and another file needs another function", () => {
    using fixture = AttachFixture.load("on_uprobe_auto");
    using _link = fixture.program("on_uprobe_auto").attach({ symbol: "getegid" });
    getgid();
    expect(fixture.read("uprobe_auto_runs")).toBe(0n);
    process.getegid?.();
    expect(fixture.read("uprobe_auto_runs")).toBe(1n);
    expect(() => fixture.program("on_uprobe_auto").attach({ path: process.execPath })).toThrow(
      /it needs one of the options symbol and offset/,
    );
  });

  test("explains what does not exist", () => {
    using fixture = AttachFixture.load("on_uprobe");
    const attach = (options: object): unknown => fixture.program("on_uprobe").attach(options);
    expect(() => attach({ path: LIBC, symbol: "getgidd" })).toThrow(
      /has no function "getgidd".*; did you mean "getgid"/,
    );
    expect(() => attach({ path: "libnothing.so.1", symbol: "x" })).toThrow(/found no library "libnothing.so.1"/);
    expect(() => attach({ path: "/no/such/file", symbol: "x" })).toThrow(
      /can't open the executable "\/no\/such\/file"/,
    );
    expect(() => attach({ path: "/no/such/file", offset: 16 })).toThrow(/there is no file "\/no\/such\/file"/);
    expect(() => attach({ path: "/etc/passwd", symbol: "x" })).toThrow(/is not an ELF file/);
    expect(() => attach({ path: LIBC, symbol: "getgid", pid: 0x3fff_ffff })).toThrow(/there is no process 1073741823/);
  });
});

describe("uprobe.multi", () => {
  test("attaches to several functions, each with its cookie", (context) => {
    using fixture = AttachFixture.loadOrSkip(context, "on_uprobe_multi");
    const attach = (): ReturnType<ReturnType<typeof fixture.program>["attach"]> =>
      fixture.program("on_uprobe_multi").attach({
        path: LIBC,
        symbols: ["getgid", "getegid"],
        cookies: [11n, 12n],
        pid: process.pid,
      });
    using link = attachOrSkip(context, attach);
    getgid();
    expect(fixture.read("uprobe_multi_cookie")).toBe(11n);
    process.getegid?.();
    expect(fixture.read("uprobe_multi_cookie")).toBe(12n);
    expect(fixture.read("uprobe_multi_runs")).toBe(2n);
    expect(link.info().type).toBe(LinkType.UPROBE_MULTI);
  });

  test("attaches to what a pattern in the section's name matches", (context) => {
    using fixture = AttachFixture.loadOrSkip(context, "on_uretprobe_multi");
    using _link = attachOrSkip(context, () => fixture.program("on_uretprobe_multi").attach());
    getgid();
    expect(fixture.read("uretprobe_multi_runs")).toBeGreaterThanOrEqual(1n);
  });

  test("session programs run at start and return", (context) => {
    using fixture = AttachFixture.loadOrSkip(context, "on_uprobe_session");
    const attach = (): Disposable =>
      fixture.program("on_uprobe_session").attach({ path: LIBC, symbols: ["getgid"], pid: process.pid });
    using _link = attachOrSkip(context, attach);
    getgid();
    expect(fixture.read("uprobe_session_runs")).toBe(2n);
  });

  test("explains what does not exist", (context) => {
    using fixture = AttachFixture.loadOrSkip(context, "on_uprobe_multi");
    const attach = (options: object): Disposable => fixture.program("on_uprobe_multi").attach(options);
    attachOrSkip(context, () => attach({ path: LIBC, symbols: ["getgid"] }))[Symbol.dispose]();
    expect(() => attach({ path: LIBC, symbols: ["nonono*"] })).toThrow(/no function in ".*" matches "nonono\*"/);
    expect(() => attach({ path: "/tmp", offsets: [16] })).toThrow(/"\/tmp" is not a file/);
    expect(() => attach({ path: "/no/such/file", offsets: [16] })).toThrow(/there is no file/);
    expect(() => attach({ path: LIBC, offsets: [16], pid: 0x3fff_ffff })).toThrow(/there is no process 1073741823/);
  });
});
