import { createRequire } from "node:module";
import { resolve } from "node:path";
import type * as TsMorph from "ts-morph";
import { CommandError, oneLine } from "./errors.ts";

/** The compiler's number for a module that it can't find. */
const CANNOT_FIND_MODULE = 2307;
/** Messages shown of a file with many mistakes. */
const SHOWN = 5;

/**
 * Type-checks generated code against the `bpf-loader` that the folder it goes to sees.
 *
 * @param near path of the file that it goes to
 * @throws CommandError with the first messages of the compiler, and when ts-morph is not installed.
 */
export async function verify(code: string, near: string): Promise<void> {
  const { ModuleKind, ModuleResolutionKind, Project, ScriptTarget, ts } = loadTsMorph();
  const project = new Project({
    skipAddingFilesFromTsConfig: true,
    compilerOptions: {
      target: ScriptTarget.ES2022,
      lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts", "lib.esnext.decorators.d.ts"],
      module: ModuleKind.NodeNext,
      moduleResolution: ModuleResolutionKind.NodeNext,
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
  // The name is one that can't be there, and makes it a module whatever the folder's package.json says.
  const file = project.createSourceFile(resolve(near, "..", ".bpf-codegen-verify.mts"), code);
  const diagnostics = file.getPreEmitDiagnostics();
  if (diagnostics.length === 0) return;
  if (diagnostics.some((diagnostic) => diagnostic.getCode() === CANNOT_FIND_MODULE))
    throw new CommandError(near, "can't be type-checked: bpf-loader is not found from there; npm install bpf-loader");
  const shown = diagnostics.slice(0, SHOWN).map((diagnostic) => {
    const text = ts.flattenDiagnosticMessageText(diagnostic.compilerObject.messageText, " ");
    return `line ${diagnostic.getLineNumber() ?? 0}: ${oneLine(text)}`;
  });
  const more = diagnostics.length > SHOWN ? `; and ${diagnostics.length - SHOWN} more` : "";
  throw new CommandError(near, `the generated code does not type-check: ${shown.join("; ")}${more}`);
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
