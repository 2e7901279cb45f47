// What was found, as text.
import { loadCounts } from "./compare.mjs";
import { decided } from "./decided.mjs";

const sum = (values) => values.reduce((total, value) => total + value, 0);

/** Counts of a corpus, as a row of the table. */
function countsOf(corpus, examined) {
  const all = examined.filter((object) => object.corpus === corpus);
  const compiled = all.filter(({ failure, theirs }) => failure === undefined && theirs?.error === undefined);
  const opened = compiled.filter(({ theirs }) => theirs.open === 0);
  const counts = compiled
    .filter(({ ours }) => ours.error === undefined)
    .map(({ theirs, ours }) => loadCounts(theirs, ours));
  const found = all.flatMap(({ found }) => found);
  return [
    corpus,
    all.length,
    all.length - compiled.length,
    opened.length,
    compiled.length - opened.length,
    sum(opened.map(({ theirs }) => theirs.programs.length)),
    sum(opened.map(({ theirs }) => theirs.maps.length)),
    sum(counts.map(({ alike }) => alike)),
    sum(counts.map(({ loaded }) => loaded)),
    sum(counts.map(({ refused }) => refused)),
    found.filter(({ reason }) => reason !== undefined).length,
    found.filter(({ reason }) => reason === undefined).length,
  ];
}

const HEADINGS = [
  "corpus",
  "sources",
  "not built",
  "opened",
  "refused",
  "programs",
  "maps",
  "same code",
  "both load",
  "both refuse",
  "decided",
  "differ",
];

/** A row of counts for each corpus. */
export function printTable(names, examined) {
  const lines = [HEADINGS, ...names.map((name) => countsOf(name, examined))].map((row) => row.map(String));
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  for (const line of lines) {
    const cells = line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])));
    console.log(cells.join("  "));
  }
}

/** Every difference with its reason. @returns how many nobody decided on */
export function printDifferences(examined) {
  const found = examined.flatMap(({ found }) => found);
  const open = found.filter(({ reason }) => reason === undefined);
  for (const reason of new Set(decided.values())) {
    const meant = found.filter((difference) => difference.reason === reason);
    if (meant.length > 0) console.log(`\nMeant to be: ${reason}`);
    for (const { text } of meant) console.log(`  ${text}`);
  }
  const differing = new Set(found.map(({ text }) => text));
  const names = new Set(examined.map(({ corpus, name }) => `${corpus}/${name}`));
  const gone = [...decided.keys()].filter((text) => names.has(text.split(" ", 1)[0]) && !differing.has(text));
  if (gone.length > 0) console.log("\nDecided, and no difference any more:");
  for (const text of gone) console.log(`  ${text}`);
  const failures = examined.filter(({ failure }) => failure !== undefined);
  if (failures.length > 0) {
    console.log("\nNot built: these need another kernel's types, or another clang");
    for (const { corpus, name, failure } of failures) console.log(`  ${corpus}/${name}: ${failure}`);
  }
  if (open.length > 0) console.log("\nDifferences:");
  for (const { text, why } of open) console.log(`  ${text}${why === "" ? "" : `\n      ${why.trim()}`}`);
  return open.length;
}
