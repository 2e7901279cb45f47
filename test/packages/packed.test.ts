/**
 * The packages as a user has them: packed, installed into an empty project, generated, type-checked, run.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { whyNoKernel } from "../kernel.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const tsc = join(root, "node_modules/typescript/bin/tsc");

let project: string;
let tarballs: string[];

/** Packs a workspace package into the project's parent folder. */
function pack(name: string, folder: string): string {
  const output = execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
    cwd: join(root, "packages", name),
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  // npm 12 prints an object by package name, earlier ones an array.
  const [packed] = Object.values(JSON.parse(output) as Record<string, { filename: string }>);
  if (packed === undefined) throw new Error(`npm pack of ${name} printed nothing`);
  return join(folder, packed.filename);
}

function write(file: string, text: string): void {
  writeFileSync(join(project, file), text);
}

/** What a file imports, and the files that it imports. */
function importsOf(file: string, seen: Set<string> = new Set()): Set<string> {
  for (const [, specifier = ""] of readFileSync(file, "utf8").matchAll(/^(?:import|export) .*?from "(.*)";$/gm)) {
    const target = specifier.startsWith(".") ? join(file, "..", specifier) : specifier;
    if (seen.has(target)) continue;
    seen.add(target);
    if (target !== specifier) importsOf(target, seen);
  }
  return seen;
}

function compile(...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [tsc, "-p", ".", ...args], {
    cwd: project,
    encoding: "utf8",
  });
  return { status, output: stdout + stderr };
}

beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), "bpf-packed-"));
  project = join(folder, "project");
  mkdirSync(project);
  tarballs = [pack("loader", folder), pack("codegen", folder)];
  write("package.json", JSON.stringify({ name: "as-a-user", private: true, type: "module" }));
  execFileSync(
    "npm",
    ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", ...tarballs, "@types/node@20"],
    { cwd: project, stdio: ["ignore", "ignore", "pipe"] },
  );
  copyFileSync(join(root, "examples/execsnoop/execsnoop.bpf.o"), join(project, "execsnoop.bpf.o"));
  write(
    "tsconfig.json",
    JSON.stringify({
      compilerOptions: {
        target: "es2022",
        lib: ["es2023", "esnext.disposable"],
        module: "nodenext",
        types: ["node"],
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        noPropertyAccessFromIndexSignature: true,
        noImplicitOverride: true,
        noImplicitReturns: true,
        noFallthroughCasesInSwitch: true,
        noUnusedLocals: true,
        noUnusedParameters: true,
        verbatimModuleSyntax: true,
        isolatedDeclarations: true,
        declaration: true,
        erasableSyntaxOnly: true,
        skipLibCheck: false,
        outDir: "out",
      },
      include: ["*.ts"],
    }),
  );
}, 120_000);

afterAll(() => {
  rmSync(join(project, ".."), { recursive: true, force: true });
});

describe("the packed packages", () => {
  it("have no install scripts", () => {
    for (const name of ["bpf-loader", "bpf-codegen"]) {
      const manifest = JSON.parse(readFileSync(join(project, "node_modules", name, "package.json"), "utf8")) as {
        scripts?: Record<string, string>;
      };
      expect(Object.keys(manifest.scripts ?? {}).filter((script) => /install|prepare/.test(script))).toEqual([]);
    }
  });

  it("have the same classes in all sub-paths", () => {
    write(
      "identity.mjs",
      `import { BpfError, Btf, CollectionSpec, LoadableSpec } from "bpf-loader";
import * as btf from "bpf-loader/btf";
import * as errors from "bpf-loader/errors";
import * as spec from "bpf-loader/spec";
console.log(errors.BpfError === BpfError, btf.Btf === Btf, spec.CollectionSpec === CollectionSpec);
console.log(LoadableSpec.prototype instanceof spec.CollectionSpec);
`,
    );
    expect(execFileSync(process.execPath, ["identity.mjs"], { cwd: project, encoding: "utf8" })).toBe(
      "true true true\ntrue\n",
    );
  });

  it.each(["asm", "btf", "codec", "elf", "errors", "link-objects", "spec", "uapi"])(
    "need nothing of Node.js in bpf-loader/%s",
    (name) => {
      const entry = join(project, `node_modules/bpf-loader/dist/${name}/index.js`);
      expect([...importsOf(entry)].filter((specifier) => !specifier.endsWith(".js"))).toEqual([]);
    },
  );

  it("bring no loader along with bindings", () => {
    const dist = join(project, "node_modules/bpf-loader/dist");
    const [loader, bindings] = ["index.js", "codegen-runtime/v1.js"].map((name) =>
      [...importsOf(join(dist, name))].map((file) => basename(file)),
    );
    expect(loader).toContain("kernel.js");
    expect(bindings).toEqual(expect.arrayContaining(["bindings.js", "codecs.js"]));
    expect(bindings).not.toContain("kernel.js");
  });

  it("generate bindings by npx, with nothing but the module on stdout", () => {
    const { status, stdout, stderr } = spawnSync("npx", ["--no-install", "bpf-codegen", "execsnoop.bpf.o"], {
      cwd: project,
      encoding: "utf8",
    });
    expect({ status, stderr: stderr.replace(/^npm warn .*\n/gm, "") }).toEqual({ status: 0, stderr: "" });
    write("objects.ts", stdout);
    expect(compile("--noEmit")).toEqual({ status: 0, output: "" });
  });

  it("refuse at compile time what the object does not have", () => {
    write(
      "mistakes.ts",
      `import { execsnoop } from "./objects.js";
export async function mistakes(): Promise<void> {
  const objects = await execsnoop.load({ constants: { targetUid: 1000 } });
  // @ts-expect-error no such constant
  await execsnoop.load({ constants: { targetUidd: 1 } });
  // @ts-expect-error a number is wanted
  await execsnoop.load({ constants: { targetUid: "1000" } });
  // @ts-expect-error no such map
  objects.maps.eventz;
  // @ts-expect-error a key is a number
  objects.maps.processes.get("1");
  // @ts-expect-error a value has all fields
  objects.maps.commands.set("ls", { runs: 1n });
  // @ts-expect-error no options of another kind of program
  objects.programs.onExec.attach({ interface: "lo" });
  // @ts-expect-error no such program
  objects.programs.onFork.attach();
  // @ts-expect-error variables have types
  objects.variables.execs = 1;
  objects.close();
}
`,
    );
    expect(compile("--noEmit")).toEqual({ status: 0, output: "" });
  });

  it("load, attach and stream in a program that imports the bindings", (context) => {
    context.skip(whyNoKernel !== undefined, whyNoKernel);
    write(
      "main.ts",
      `import { execFileSync } from "node:child_process";
import { EventKind, execsnoop } from "./objects.js";

const objects = await execsnoop.load();
const links = [objects.programs.onExec.attach(), objects.programs.onExit.attach()];
execFileSync("true");
for await (const event of objects.maps.events) {
  if (event.kind !== EventKind.EXIT || event.comm !== "true") continue;
  console.log(event.comm, event.exitCode, objects.variables.execs > 0n, objects.maps.commands.get("true")?.runs);
  break;
}
for (const link of links) link.close();
objects.close();
`,
    );
    expect(compile()).toEqual({ status: 0, output: "" });
    const output = execFileSync(process.execPath, ["out/main.js"], { cwd: project, encoding: "utf8", timeout: 20_000 });
    expect(output).toBe("true 0 true 1n\n");
  });
});
