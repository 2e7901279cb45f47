// The code of the package: three files start five times as fast as the two hundred of the sources. Declarations are tsc's.
import { readFileSync } from "node:fs";
import { defineConfig, rolldown } from "rolldown";
import { parseAst } from "rolldown/parseAst";

const { exports } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));
const names = Object.values(exports).flatMap((entry) => entry.default?.match(/^\.\/dist\/(.*)\.js$/)?.[1] ?? []);
// Not for users: the benchmarks time what is in it.
names.push("sys/index");
// What bindings import when they load something: an entry, so that bundlers of programs keep only what that uses.
names.push("codegen-runtime/load-object");

const input = (names) => ({
  cwd: import.meta.dirname,
  input: Object.fromEntries(names.map((name) => [name, `src/${name}.ts`])),
  platform: "node",
});

/** The modules that some of the entries need, without what they import when asked to. */
async function modulesOf(names) {
  const bundle = await rolldown({ ...input(names), plugins: [withoutDynamicImports] });
  const { output } = await bundle.generate();
  await bundle.close();
  const modules = output.flatMap(({ modules = {} }) => Object.entries(modules));
  return new Set(modules.flatMap(([id, { renderedLength }]) => (renderedLength > 0 ? [id] : [])));
}

const withoutDynamicImports = {
  name: "without-dynamic-imports",
  resolveDynamicImport: (id) => ({ id, external: true }),
};

/** What bindings need before they load anything. */
const ofBindings = await modulesOf(["codegen-runtime/v1"]);
/** What loading takes: what only a sub-path has, such as the assembler, stays there. */
const ofLoading = await modulesOf(["index", "codegen-runtime/load-object"]);
const runsAnywhere = /\/src\/(?:asm|btf|codec|elf|errors|spec|uapi)\//;
const needsLinux = /\/src\/(?:collection|events|features|info|links|maps|programs|sys)\//;

/**
 * Tables that modules make when they start are marked as what may be left out: in one file with others, bundlers of programs that use
 * a part of it would keep all of them. Nothing that a module of this package does at its start is seen from outside.
 */
const droppable = {
  name: "droppable-tables",
  transform(code, id) {
    if (!/\/src\/.*\.ts$/.test(id)) return null;
    let marked = code;
    for (const { start, end } of tablesOf(parseAst(code, { lang: "ts" })).toReversed()) {
      marked = `${marked.slice(0, start)}/* @__PURE__ */ (() => (${marked.slice(start, end)}))()${marked.slice(end)}`;
    }
    // In lines as they were.
    return { code: marked, map: null };
  },
};

/** What constants of a module are initialised with, where that does something. */
function tablesOf({ body }) {
  return body
    .map((statement) => (statement.type === "ExportNamedDeclaration" ? statement.declaration : statement))
    .filter((declaration) => declaration?.type === "VariableDeclaration" && declaration.kind === "const")
    .flatMap(({ declarations }) => declarations.map(({ init }) => init))
    .filter((init) => init !== null && calls(init));
}

/** Whether it calls a function when it is evaluated, or reads a property, which may be a function. */
function calls(node) {
  if (typeof node !== "object" || node === null || /Function|^Class|^TS.*(?:Type|Annotation)$/.test(node.type))
    return false;
  if (["CallExpression", "NewExpression", "MemberExpression", "SpreadElement"].includes(node.type)) return true;
  return Object.values(node).some((part) => (Array.isArray(part) ? part.some(calls) : calls(part)));
}

export default defineConfig({
  ...input(names),
  plugins: [droppable],
  output: {
    dir: "dist",
    sourcemap: true,
    comments: { legal: true, annotation: true, jsdoc: false },
    // As deep as src/sys, from where the addon is found.
    chunkFileNames: "chunks/[name].js",
    codeSplitting: {
      groups: [
        // Groups take what their modules import along, unless a group of higher priority has it.
        // What runs in a browser imports the codecs as well: nothing of Node.js may be with them.
        { name: "codecs", test: (id) => ofBindings.has(id) && runsAnywhere.test(id), priority: 4 },
        { name: "bindings", test: (id) => ofBindings.has(id), priority: 3 },
        { name: "spec", test: (id) => ofLoading.has(id) && runsAnywhere.test(id), priority: 2 },
        { name: "tools", test: (id) => runsAnywhere.test(id), priority: 1 },
        { name: "kernel", test: (id) => ofLoading.has(id) && needsLinux.test(id) },
      ],
    },
  },
});
