import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
import { ObjectFormatError } from "../errors/index.ts";
import { LoadableSpec } from "./loadable-spec.ts";
import { loadCollectionSpec, loadCollectionSpecFromBytes } from "./read-object.ts";

const folder = mkdtempSync(join(tmpdir(), "read-object-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("reads a file, by path and by URL", () => {
  const url = new URL("./fixtures/choices.el.o", import.meta.url);
  for (const path of [url, fileURLToPath(url)]) {
    const spec = loadCollectionSpec(path);
    expect(spec).toBeInstanceOf(LoadableSpec);
    expect(spec.name).toBe("choices.el");
    expect(spec.programs.has("count_flow")).toBe(true);
    expect(spec.copy()).toBeInstanceOf(LoadableSpec);
  }
});

it("tells why a file can't be read, with its path", () => {
  const missing = join(folder, "missing.o");
  expect(() => loadCollectionSpec(missing)).toThrow(
    expect.objectContaining({
      code: "ERR_BPF_NOT_FOUND",
      message: `object file "${missing}" can't be read: there is no such file`,
    }),
  );
  expect(() => loadCollectionSpec(folder)).toThrow(`object file "${folder}" can't be read: it is a directory`);
  const secret = join(folder, "secret.o");
  writeFileSync(secret, "");
  chmodSync(secret, 0);
  if (process.getuid?.() !== 0) expect(() => loadCollectionSpec(secret)).toThrow(/there is no permission to read it/);
});

it("tells what is wrong with a file's content, with its path", () => {
  const text = join(folder, "text.o");
  writeFileSync(text, "int main(void)\n");
  expect(() => loadCollectionSpec(text)).toThrow(ObjectFormatError);
  expect(() => loadCollectionSpec(text)).toThrow(text);
  expect(() => loadCollectionSpecFromBytes(new Uint8Array(0))).toThrow(ObjectFormatError);
});
