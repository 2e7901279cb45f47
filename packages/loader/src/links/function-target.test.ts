import { expect, test } from "vitest";
import { parseFileTarget, parseKernelTarget } from "./function-target.ts";

test.each([
  ["do_unlinkat", { symbol: "do_unlinkat", offset: 0 }],
  ["do_unlinkat+0x10", { symbol: "do_unlinkat", offset: 16 }],
  ["do_unlinkat+010", { symbol: "do_unlinkat", offset: 8 }],
  ["foo.isra.0+4", { symbol: "foo.isra.0", offset: 4 }],
  ["do_unlinkat+", undefined],
  ["do_unlinkat+x", undefined],
  ["do_unlinkat+-4", undefined],
  ["do unlinkat", undefined],
  ["", undefined],
])("kprobe/%s", (text, expected) => {
  expect(parseKernelTarget(text)).toEqual(expected);
});

test.each([
  ["/usr/bin/bash:readline", { path: "/usr/bin/bash", symbol: "readline", offset: 0 }],
  ["libc.so.6:malloc+0x8", { path: "libc.so.6", symbol: "malloc", offset: 8 }],
  ["app:operator+", { path: "app", symbol: "operator+", offset: 0 }],
  ["app:a::b+c", { path: "app", symbol: "a::b+c", offset: 0 }],
  ["/usr/bin/bash", undefined],
  [":readline", undefined],
  ["/usr/bin/bash:", undefined],
])("uprobe/%s", (text, expected) => {
  expect(parseFileTarget(text)).toEqual(expected);
});
