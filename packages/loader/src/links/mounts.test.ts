import { expect, test } from "vitest";
import { mounts, parseMounts } from "./mounts.ts";

test("reads paths and types, with blanks and non-ASCII letters in paths", () => {
  const text = [
    "proc /proc proc rw,relatime 0 0",
    "tmpfs /mnt/with\\040blank tmpfs rw 0 0",
    "tmpfs /mnt/\\303\\266\\134 tmpfs rw 0 0",
    "",
  ].join("\n");
  expect(parseMounts(text)).toEqual([
    { path: "/proc", type: "proc" },
    { path: "/mnt/with blank", type: "tmpfs" },
    { path: "/mnt/ö\\", type: "tmpfs" },
  ]);
});

test("finds /proc on this machine", () => {
  expect(mounts()).toContainEqual({ path: "/proc", type: "proc" });
});
