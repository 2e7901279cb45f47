import { createRequire } from "node:module";
import { resolve } from "node:path";
import type * as TsMorph from "ts-morph";
import { CommandError, oneLine } from "./errors.ts";
import type { MadeFile } from "./job.ts";

/** The compiler's number for a module that it can't find. */
const CANNOT_FIND_MODULE = 2307;
/** Messages shown of a file with many mistakes. */
const SHOWN = 5;

/** Of all runs: what it has read, it has not to read again. */
let kept: { readonly tsMorph: typeof TsMorph; readonly project: TsMorph.Project } | undefined;

/**
 * Type-checks generated modules, which may import one another, against the `bpf-loader` that the folder they go to sees.
 *
 * @throws CommandError with the first messages of the compiler, AggregateError of those about several modules; and when ts-morph is not
 *   installed.
 */
export function verify(files: readonly MadeFile[]): void {
  kept ??= newProject(loadTsMorph());
  const { tsMorph, project } = kept;
  const modules = files.flatMap(({ subject, path, content, reproducible }) => {
    // Objects, and rules of make.
    if (typeof content !== "string" || !reproducible) return [];
    const name = path === undefined ? ".bpf-codegen-verify.ts" : /\.[cm]?ts$/.test(path) ? path : `${path}.ts`;
    return [{ near: path ?? subject, file: project.createSourceFile(resolve(name), content, { overwrite: true }) }];
  });
  const failures = modules.flatMap(({ near, file }) => problemOf(tsMorph, near, file) ?? []);
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new AggregateError(failures);
}

function problemOf({ ts }: typeof TsMorph, near: string, file: TsMorph.SourceFile): CommandError | undefined {
  const diagnostics = file.getPreEmitDiagnostics();
  if (diagnostics.length === 0) return undefined;
  const textOf = (diagnostic: TsMorph.Diagnostic): string =>
    ts.flattenDiagnosticMessageText(diagnostic.compilerObject.messageText, " ");
  const missing = diagnostics.find((diagnostic) => diagnostic.getCode() === CANNOT_FIND_MODULE);
  const [, name] = /'([\w-]+)/.exec(missing === undefined ? "" : textOf(missing)) ?? [];
  if (name !== undefined)
    return new CommandError(near, `can't be type-checked: ${name} is not found from there; npm install ${name}`);
  const shown = diagnostics
    .slice(0, SHOWN)
    .map((diagnostic) => `line ${diagnostic.getLineNumber() ?? 0}: ${oneLine(textOf(diagnostic))}`);
  const more = diagnostics.length > SHOWN ? `; and ${diagnostics.length - SHOWN} more` : "";
  return new CommandError(near, `the generated code does not type-check: ${shown.join("; ")}${more}`);
}

function newProject(tsMorph: typeof TsMorph): NonNullable<typeof kept> {
  const { ModuleKind, ModuleResolutionKind, Project, ScriptTarget, ts } = tsMorph;
  const project = new Project({
    skipAddingFilesFromTsConfig: true,
    compilerOptions: {
      target: ScriptTarget.ES2022,
      // Of what browsers and Node.js both have, zod schemas use TextEncoder.
      lib: ["lib.es2023.d.ts", "lib.dom.d.ts", "lib.esnext.disposable.d.ts", "lib.esnext.decorators.d.ts"],
      // Whatever the folder's package.json says, they are modules, and import one another with either extension.
      module: ModuleKind.ESNext,
      moduleResolution: ModuleResolutionKind.Bundler,
      moduleDetection: ts.ModuleDetectionKind.Force,
      allowImportingTsExtensions: true,
      types: [],
      noEmit: true,
      skipLibCheck: true,
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noPropertyAccessFromIndexSignature: true,
      noUnusedLocals: true,
      noUnusedParameters: true,
      verbatimModuleSyntax: true,
      isolatedModules: true,
      erasableSyntaxOnly: true,
    },
  });
  return { tsMorph, project };
}

/** By require: importing a CommonJS package of that size as a module takes 75 ms longer. */
function loadTsMorph(): typeof TsMorph {
  try {
    // What the package exports is what its types say.
    return createRequire(import.meta.url)("ts-morph") as typeof TsMorph;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code !== "MODULE_NOT_FOUND") throw error;
    throw new CommandError(undefined, "--verify needs the package ts-morph: npm install --save-dev ts-morph", {
      cause: error,
    });
  }
}
