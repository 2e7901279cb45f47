const UNDERSCORE = "_";

/**
 * A type's name without its flavour: `task_struct___old` is a flavour of `task_struct`. A flavour starts at the last three
 * underscores that have neither another underscore nor the name's start or end beside them, as libbpf reads it.
 */
export function essentialName(name: string): string {
  let at = name.lastIndexOf("___");
  while (at > 0) {
    if (name[at - 1] !== UNDERSCORE && at + 3 < name.length && name[at + 3] !== UNDERSCORE) return name.slice(0, at);
    at = name.lastIndexOf("___", at - 1);
  }
  return name;
}
