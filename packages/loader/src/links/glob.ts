/**
 * A test for names by a pattern of `*` (any run of characters) and `?` (any one), as in `SEC("kprobe.multi/tcp_*")`.
 * Linear in the name for one `*`, at worst name × pattern; no regular expression, since patterns come from objects.
 */
export function matchesGlob(pattern: string): (name: string) => boolean {
  return (name) => globMatches(pattern, name);
}

/** True when a name of this form stands for more than itself. */
export function isGlob(name: string): boolean {
  return name.includes("*") || name.includes("?");
}

function globMatches(pattern: string, name: string): boolean {
  let at = 0;
  let next = 0;
  // Where to go on when what follows the last `*` does not match: let it take one character more.
  let star = -1;
  let taken = 0;
  while (next < name.length) {
    if (at < pattern.length && pattern[at] === "*") {
      star = at++;
      taken = next;
    } else if (at < pattern.length && (pattern[at] === "?" || pattern[at] === name[next])) {
      at++;
      next++;
    } else if (star !== -1) {
      at = star + 1;
      next = ++taken;
    } else {
      return false;
    }
  }
  while (pattern[at] === "*") at++;
  return at === pattern.length;
}
