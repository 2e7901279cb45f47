import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generate } from "bpf-codegen";
import type { Codec } from "bpf-loader/codec";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkFormat, repository, runTool } from "./commands.ts";
import { TYPES, thousandTypes } from "./thousand-types.mjs";

describe("bindings of a thousand types", () => {
  // Inside of the repository, where bpf-loader is found.
  const folder = join(repository, "node_modules/.cache/thousand-types");
  const { bytes, options } = thousandTypes();
  const { code, warnings } = generate(bytes, options);
  beforeAll(() => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "thousand-types.ts"), code);
    const settings = { extends: "../../../test/golden/tsconfig.json", include: ["*.ts"] };
    writeFileSync(join(folder, "tsconfig.json"), `${JSON.stringify(settings, undefined, 2)}\n`);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("declare each once", () => {
    expect(warnings).toEqual([]);
    const declared = [...code.matchAll(/^export (?:interface|type) (Type\d+)\b/gm)].map(([, name]) => name);
    expect(declared).toHaveLength(TYPES);
    expect(new Set(declared).size).toBe(TYPES);
  });

  it("type-check under the strictest options", () => {
    expect(runTool("typescript", "tsc", ["-p", folder])).toBe("");
  });

  it("are formatted as a formatter leaves them", () => {
    expect(checkFormat(folder)).toContain("All matched files use the correct format");
  });

  it("read and write", async () => {
    const module = (await import(join(folder, "thousand-types.ts"))) as Readonly<Record<string, Codec<unknown>>>;
    const last = module["Type999"];
    expect(last?.size).toBe(48);
    expect(last?.read(new DataView(new ArrayBuffer(48)), 0)).toMatchObject({ id: 0n, low: 0, event: { flags: 0 } });
  });
});
