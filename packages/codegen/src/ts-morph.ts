/**
 * Bindings in a project of ts-morph, for generators that go on from there: whoever imports this has installed it.
 *
 * @module
 */

import type { Project, SourceFile } from "ts-morph";
import { generate } from "./generate.ts";
import type { GenerateOptions, ObjectFile, TargetObject } from "./generate.ts";

/** What {@link addBindings} has added, none of it saved yet. */
export interface AddedBindings {
  /** The module. */
  readonly file: SourceFile;
  /** Modules beside it: with `zod`, `toJson`. */
  readonly companions: readonly SourceFile[];
  /** With `embed: { file }`: what is to be written beside the module. A project holds text only. */
  readonly objects: readonly ObjectFile[];
  /** What could not be said in TypeScript and became bytes, a sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Adds the bindings of an object to a project, in place of what is at that path.
 *
 * @param path of the module, as the project's files have it: `"src/prog.ts"`
 * @throws BpfError as `generate` does.
 * @example
 * const { file } = addBindings(project, "src/prog.ts", await readFile("prog.bpf.o"));
 * file.getInterfaceOrThrow("Event").getProperties();
 * await project.save();
 */
export function addBindings(
  project: Project,
  path: string,
  object: Uint8Array | readonly [TargetObject, ...TargetObject[]],
  options: GenerateOptions = {},
): AddedBindings {
  const base = path.replace(/^.*[/\\]/s, "");
  const stem = base.replace(/\.[cm]?ts$/, "");
  const specifier = `./${base.replace(/\.([cm]?)ts$/, ".$1js")}`;
  const { code, companions, objects, warnings } = generate(object, { file: `${stem}.bpf.o`, specifier, ...options });
  const add = (name: string, text: string): SourceFile => project.createSourceFile(name, text, { overwrite: true });
  return {
    file: add(path, code),
    companions: companions.map(({ suffix, code: text }) => add(path.replace(/(?=\.[cm]?ts$|$)/, `.${suffix}`), text)),
    objects,
    warnings,
  };
}
