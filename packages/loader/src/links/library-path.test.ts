import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { findExecutable } from "./library-path.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "library-path-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true });
});

test("takes what has a slash for a path", () => {
  expect(findExecutable("/no/such/file")).toBe("/no/such/file");
  expect(findExecutable("./x")).toBe(join(process.cwd(), "x"));
});

test("searches libraries in LD_LIBRARY_PATH first, then where libraries are", () => {
  expect(findExecutable("libc.so.6")).toMatch(/^\/.*\/libc\.so\.6$/);
  writeFileSync(join(directory, "libc.so.6"), "");
  vi.stubEnv("LD_LIBRARY_PATH", `/no/such:${directory}`);
  expect(findExecutable("libc.so.6")).toBe(join(directory, "libc.so.6"));
});

test("searches programs in PATH, those that may be executed", () => {
  vi.stubEnv("PATH", directory);
  const path = join(directory, "my-program");
  writeFileSync(path, "");
  expect(() => findExecutable("my-program")).toThrow(/found no program "my-program" in .*; give its path/);
  chmodSync(path, 0o755);
  expect(findExecutable("my-program")).toBe(path);
});

test("says where it looked for a library", () => {
  expect(() => findExecutable("libnothing.so")).toThrow(/found no library "libnothing.so" in .*\/usr\/lib/);
});
