import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { repository, runTool } from "../golden/commands.ts";

const pages = ["README.md", "packages/loader/README.md", "packages/codegen/README.md"];

/** What the pages leave to the reader's imagination. */
const CONTEXT = `
import type { HashMap } from "bpf-loader";
import type { Objects } from "bpf-loader/codegen-runtime/v1";
import type { CounterFields, FlowKey, FlowStats } from "./counter.ts";

type Counter = Objects<CounterFields>;

declare global {
  const objects: Omit<Counter, "programs"> & { readonly programs: { readonly count: Counter["programs"]["countPackets"] } };
  const existing: HashMap<FlowKey, FlowStats>;
  const saddr: number;
  const daddr: number;
  const packet: Uint8Array;
  const count: (pid: number) => void;
  const readFile: (path: string) => Promise<Uint8Array>;
}
`;

/** Code of the pages, a module each. */
const examples = pages.flatMap((page) => {
  const text = readFileSync(join(repository, page), "utf8");
  return [...text.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code = ""], index) => ({
    name: `${page.replaceAll(/\W/g, "-")}-${index}.ts`,
    // A module, also where it imports nothing.
    code: `${code}\nexport {};\n`,
  }));
});

let folder = "";
beforeAll(() => {
  // Inside of the repository, where the packages are found.
  mkdirSync(join(repository, "node_modules/.cache"), { recursive: true });
  folder = mkdtempSync(join(repository, "node_modules/.cache/readme-"));
  copyFileSync(join(repository, "test/golden/expected/counter.ts"), join(folder, "counter.ts"));
  writeFileSync(join(folder, "prog.ts"), 'export { counter as prog, FlowKey } from "./counter.ts";\n');
  writeFileSync(join(folder, "context.ts"), CONTEXT);
  for (const { name, code } of examples) writeFileSync(join(folder, name), code);
  // Readers have settings of their own.
  const compilerOptions = {
    allowImportingTsExtensions: true,
    declaration: false,
    declarationMap: false,
    isolatedDeclarations: false,
    noUnusedLocals: false,
    verbatimModuleSyntax: false,
  };
  const config = { extends: "../../../test/golden/tsconfig.json", compilerOptions, include: ["*.ts"] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
});
afterAll(() => rmSync(folder, { recursive: true }));

it("the pages have examples", () => {
  expect(examples.length).toBeGreaterThan(8);
});

it("the examples of the pages type-check", () => {
  expect(runTool("typescript", "tsc", ["-p", folder])).toBe("");
});
