/**
 * The files that a rule of make depends on, as `clang -MD` writes it: a target, a colon, and paths in which spaces and `#` have a
 * backslash in front, `$` is doubled, and a backslash at the end of a line goes on in the next.
 */
export function readDependencies(rule: string): readonly string[] {
  const [, prerequisites = ""] = /^(?:\\.|[^:\\])*:(?=\s)([^]*)$/.exec(rule) ?? [];
  const found: string[] = [];
  for (const [word] of prerequisites.replaceAll("\\\n", " ").matchAll(/(?:\\.|[^\s\\])+/g))
    found.push(word.replace(/\\([ #])/g, "$1").replaceAll("$$", "$"));
  return found;
}

/**
 * A rule of make, also for ninja (`deps = gcc`): `output` depends on `inputs`. Each input is also a target of its own, so that one
 * that was deleted does not stop the build.
 */
export function dependencyRule(outputs: readonly string[], inputs: readonly string[]): string {
  const rule = `${outputs.map(escapePath).join(" ")}: \\\n${inputs.map((path) => `  ${escapePath(path)}`).join(" \\\n")}\n`;
  return `${rule}${inputs.map((path) => `\n${escapePath(path)}:\n`).join("")}`;
}

function escapePath(path: string): string {
  return path.replaceAll("$", "$$$$").replace(/[ #]/g, "\\$&");
}
