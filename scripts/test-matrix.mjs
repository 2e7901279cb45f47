// `npm run test:matrix`: the golden files, compiled by old and new versions of TypeScript under the strictest options, and run by
// several versions of Node.js: as they are, through esbuild, and through tsx. All have to come to the same.
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generate } from "../packages/codegen/dist/index.js";
import { inParallel, output } from "../test/corpus/pool.mjs";
import { thousandTypes } from "../test/golden/thousand-types.mjs";
import { installToolchains, NODE, STRIPPING, TYPESCRIPT } from "../test/golden/matrix/toolchains.mjs";
import { build } from "./build.mjs";
import { main, root } from "./steps.mjs";

const SECONDS = 300;
const WAYS = ["as it is", "esbuild", "tsx"];
/** What modules with their object in a file read. */
const OBJECT_FILES = {
  "variables.bpf.o": "variables.el.o",
  "variables.bpfel.bpf.o": "variables.el.o",
  "variables.s390x.bpf.o": "variables.eb.o",
};

const STRICTEST = {
  target: "es2022",
  lib: ["es2022", "esnext.disposable"],
  module: "nodenext",
  types: ["node"],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noImplicitOverride: true,
  noImplicitReturns: true,
  noFallthroughCasesInSwitch: true,
  noPropertyAccessFromIndexSignature: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  allowUnreachableCode: false,
  allowUnusedLabels: false,
  verbatimModuleSyntax: true,
  skipLibCheck: false,
  allowImportingTsExtensions: true,
  declaration: true,
  emitDeclarationOnly: true,
  rootDir: "src",
};
/** Options by the first version that has them. */
const NEWER = [
  [5.5, { isolatedDeclarations: true }],
  [5.6, { noUncheckedSideEffectImports: true }],
  [5.8, { erasableSyntaxOnly: true }],
];

const say = (text) => process.stderr.write(`${text}\n`);

/** A package that has the golden files, zod, and bpf-loader as it is built, as a user's has them. */
function makeProject(folder, tools) {
  mkdirSync(join(folder, "src"), { recursive: true });
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(join(root, "packages/loader"), join(folder, "node_modules/bpf-loader"));
  symlinkSync(join(root, "node_modules/zod"), join(folder, "node_modules/zod"));
  cpSync(join(tools.modules, "@types"), join(folder, "node_modules/@types"), { recursive: true });
  cpSync(join(tools.modules, "undici-types"), join(folder, "node_modules/undici-types"), { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');

  const golden = join(root, "test/golden");
  const names = readdirSync(join(golden, "expected")).filter((name) => name.endsWith(".ts"));
  for (const name of names) copyFileSync(join(golden, "expected", name), join(folder, "src", name));
  const several = copyModulesThatShare(join(golden, "expected/several"), join(folder, "src"));
  const { bytes, options } = thousandTypes();
  writeFileSync(join(folder, "src/thousand-types.ts"), generate(bytes, options).code);
  for (const [name, fixture] of Object.entries(OBJECT_FILES)) {
    copyFileSync(join(golden, "fixtures", fixture), join(folder, "src", name));
    // Beside what esbuild makes of the modules.
    copyFileSync(join(golden, "fixtures", fixture), join(folder, name));
  }
  const modules = [...names, ...several, "thousand-types.ts"];
  const imports = modules.map((name, index) => `import * as m${index} from "./src/${name}";`);
  const list = modules.map((_, index) => `m${index}`).join(", ");
  copyFileSync(join(golden, "matrix/check.mjs"), join(folder, "check.mjs"));
  writeFileSync(
    join(folder, "main.mjs"),
    `import { check } from "./check.mjs";\n${imports.join("\n")}\nawait check([${list}]);\n`,
  );
  writeFileSync(join(folder, "src/entry-points.ts"), entryPoints());
  for (const version of TYPESCRIPT) {
    const newer = NEWER.filter(([since]) => Number(version) >= since).map(([, options]) => options);
    const compilerOptions = Object.assign({ ...STRICTEST, outDir: `types-${version}` }, ...newer);
    writeFileSync(
      join(folder, `tsconfig.${version}.json`),
      JSON.stringify({ compilerOptions, include: ["src"] }, undefined, 2),
    );
  }
  return modules.length;
}

/**
 * Modules that import one another: as they are, for compilers, and as `--import-extension ts` makes them, for what runs them as well.
 *
 * @returns paths of those that are to be run
 */
function copyModulesThatShare(from, to) {
  const names = readdirSync(from).filter((name) => name.endsWith(".ts"));
  for (const folder of ["several", "several-stripped"]) mkdirSync(join(to, folder));
  for (const name of names) {
    const code = readFileSync(join(from, name), "utf8");
    writeFileSync(join(to, "several", name), code);
    writeFileSync(join(to, "several-stripped", name), code.replace(/(?<= from "\.\/[\w.-]+)\.js(?=";)/g, ".ts"));
  }
  return names.map((name) => `several-stripped/${name}`);
}

/** Everything that bpf-loader exports: its declarations are checked with the rest. */
function entryPoints() {
  const { exports } = JSON.parse(readFileSync(join(root, "packages/loader/package.json"), "utf8"));
  return Object.keys(exports)
    .filter((path) => !path.endsWith(".json"))
    .map((path, index) => `export * as e${index} from "bpf-loader${path.slice(1)}";\n`)
    .join("");
}

/** @returns a cell of the table: what is wrong, or that nothing is, and what can be compared */
async function outcome(command, args) {
  const { status, signal, stdout, stderr } = await output(command, args, SECONDS);
  return { ok: status === 0, text: status === 0 ? stdout.trim() : `${stdout}${stderr}`.trim() || `ended by ${signal}` };
}

function jobsOf(folder, tools) {
  const script = join(folder, "main.mjs");
  const compilers = TYPESCRIPT.map((version) => {
    const { exact, tsc } = tools.typescript(version);
    return {
      row: "TypeScript",
      version,
      exact,
      args: [process.execPath, tsc, "-p", join(folder, `tsconfig.${version}.json`)],
    };
  });
  const runs = NODE.flatMap((version) => {
    const { exact, program } = tools.node(version);
    const ways = { "as it is": [script], esbuild: [join(folder, "bundle.mjs")], tsx: ["--import", tools.tsx, script] };
    if (!STRIPPING.includes(version)) delete ways["as it is"];
    return Object.entries(ways).map(([row, args]) => ({ row, version, exact, args: [program, ...args] }));
  });
  return { compilers, runs };
}

function printTable(rows, jobs) {
  const versions = [...new Map(jobs.map(({ version, exact }) => [version, exact]))];
  const lines = [
    ["", ...versions.map(([, exact]) => exact)],
    ...rows.map((row) => [
      row,
      ...versions.map(([version]) => {
        const job = jobs.find((each) => each.row === row && each.version === version);
        return job === undefined ? "-" : job.ok ? "yes" : "NO";
      }),
    ]),
  ];
  for (const [title, ...cells] of lines)
    console.log([title.padEnd(12), ...cells.map((cell) => cell.padStart(9))].join(""));
}

/** Runs that came to something else than the others are wrong too. */
function compareOutcomes(runs) {
  const first = runs.find(({ ok }) => ok);
  for (const run of runs) {
    if (!run.ok || run.text === first.text) continue;
    run.ok = false;
    run.text = `${run.text}, and ${first.row} with Node.js ${first.exact}: ${first.text}`;
  }
  return first?.text;
}

await main(async () => {
  build();
  const tools = installToolchains(say);
  const folder = mkdtempSync(join(tmpdir(), "matrix-"));
  try {
    const modules = makeProject(folder, tools);
    const bundling = [
      "--bundle",
      "--platform=node",
      "--format=esm",
      "--log-level=error",
      `--outfile=${join(folder, "bundle.mjs")}`,
    ];
    const bundled = await outcome(process.execPath, [tools.esbuild, join(folder, "main.mjs"), ...bundling]);
    if (!bundled.ok) say(bundled.text);
    const { compilers, runs } = jobsOf(folder, tools);
    await inParallel(
      "Golden files in",
      [...compilers, ...runs],
      ({ row, exact }) => `${row} ${exact}`,
      async (job) => Object.assign(job, await outcome(job.args[0], job.args.slice(1))),
    );
    const came = compareOutcomes(runs);
    console.log(`${modules} modules under the strictest options of each compiler; each run came to ${came}\n`);
    printTable(["TypeScript"], compilers);
    console.log("");
    printTable(WAYS, runs);
    const wrong = [...compilers, ...runs].filter(({ ok }) => !ok);
    for (const { row, exact, text } of wrong) console.log(`\n${row}, ${exact}:\n${text.slice(0, 4000)}`);
    return wrong.length === 0 && bundled.ok ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
