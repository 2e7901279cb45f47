import { quoteName } from "../errors/index.ts";

const SHOWN = 3;

/** The names that look most like `wanted`, best first; at most three. */
export function similarNames(wanted: string, names: Iterable<string>): readonly string[] {
  const most = Math.max(2, Math.floor(wanted.length / 3));
  const ranked: { readonly name: string; readonly score: number }[] = [];
  for (const name of names) {
    const score = likeness(wanted, name, most);
    if (score !== undefined) ranked.push({ name, score });
  }
  ranked.sort((a, b) => a.score - b.score || (a.name < b.name ? -1 : 1));
  return ranked.slice(0, SHOWN).map(({ name }) => name);
}

/** `"; did you mean "sched_switch"?"`, or nothing where no name is close. For the end of a message. */
export function didYouMean(wanted: string, names: Iterable<string>): string {
  const similar = similarNames(wanted, names);
  return similar.length === 0 ? "" : `; did you mean ${similar.map((name) => quoteName(name)).join(" or ")}?`;
}

/** Edits between the two, or a little more than `most` where one contains the other; undefined when they are too far apart. */
function likeness(wanted: string, name: string, most: number): number | undefined {
  if (Math.abs(wanted.length - name.length) <= most) {
    const edits = editDistance(wanted, name, most);
    if (edits <= most) return edits;
  }
  const [shorter, longer] = wanted.length < name.length ? [wanted, name] : [name, wanted];
  return shorter.length >= 4 && longer.includes(shorter) ? most + longer.length - shorter.length : undefined;
}

/** Levenshtein's distance: insertions, deletions and replacements of a character; once it is above `most`, any such number. */
function editDistance(a: string, b: string, most: number): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    if (Math.min(...current) > most) return most + 1;
    previous = current;
  }
  return previous[b.length] ?? 0;
}
