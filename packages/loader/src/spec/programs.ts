import type { FunctionSpec } from "../asm/code.ts";
import { ObjectFormatError, quoteName } from "../errors/index.ts";
import type { FunctionTable } from "./functions.ts";
import { TEXT_SECTION } from "./object-file.ts";
import type { ProgramSpec } from "./program-spec.ts";
import { parseSectionName } from "./section-name.ts";

/**
 * The kernel takes 256 functions in a program (BPF_MAX_SUBPROGS). More than twice that is no program, and its copies of
 * the same long list would fill the memory.
 */
const MOST_FUNCTIONS = 512;

/** What all programs of an object have in common. */
export interface ProgramDefaults {
  readonly license: string;
  readonly kernelVersion: number;
}

/** Makes a program of each function outside of `.text`, with all that it calls. */
export function readPrograms(functions: FunctionTable, defaults: ProgramDefaults): Map<string, ProgramSpec> {
  const byName = new Map(functions.all.map(({ spec }) => [spec.name, spec]));
  const programs = new Map<string, ProgramSpec>();
  for (const { spec, section } of functions.all) {
    if (section.name === TEXT_SECTION) continue;
    const { rule, attachTo, autoload } = parseSectionName(section.name);
    programs.set(spec.name, {
      name: spec.name,
      sectionName: section.name,
      rule,
      type: rule?.type ?? 0,
      attachType: rule?.attachType ?? 0,
      attachTo,
      flags: rule?.flags ?? 0,
      autoload,
      license: defaults.license,
      kernelVersion: defaults.kernelVersion,
      functions: withCallees(spec, byName),
    });
  }
  return programs;
}

/** A function and those it calls, directly or not, each once, in the order in which they are first needed. */
function withCallees(entry: FunctionSpec, byName: ReadonlyMap<string, FunctionSpec>): FunctionSpec[] {
  const needed = new Set<FunctionSpec>();
  // A stack of its own: the depth of calls is up to the object.
  const stack = [entry];
  for (let current = stack.pop(); current !== undefined; current = stack.pop()) {
    if (needed.has(current)) continue;
    needed.add(current);
    if (needed.size > MOST_FUNCTIONS) {
      throw new ObjectFormatError(`program ${quoteName(entry.name)} has more than ${MOST_FUNCTIONS} functions`, {
        section: entry.sectionName,
      });
    }
    // Backwards, so that the first callee comes off the stack first.
    for (const reference of current.references.toReversed()) {
      if (reference.kind !== "call" && reference.kind !== "functionPointer") continue;
      const callee = byName.get(reference.name);
      if (callee !== undefined) stack.push(callee);
    }
  }
  return [...needed];
}
