// Writes the names of the kernel's helper functions, by number, to packages/loader/src/asm/helper-names.ts.
//
//   node scripts/generate-helper-names.mjs [--check] HEADER
//
// HEADER is the kernel's include/uapi/linux/bpf.h, which lists them in ___BPF_FUNC_MAPPER: an installed one is
// /usr/include/linux/bpf.h. --check compares with what is committed instead of writing it. The list has been closed since
// Linux 6.2: what is new are kernel functions, which have no numbers.
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { main, root, StepError } from "./steps.mjs";

const OUTPUT = `${root}packages/loader/src/asm/helper-names.ts`;

/** The names in the order of their numbers, which have no gaps. */
function readNames(header) {
  const start = header.indexOf("#define ___BPF_FUNC_MAPPER");
  if (start < 0) throw new StepError("the header has no ___BPF_FUNC_MAPPER: it is older than Linux 6.1, or not bpf.h");
  const names = [];
  for (const [, name, number] of header.slice(start).matchAll(/^\s*FN\((\w+), (\d+), ##ctx\)/gm)) {
    if (Number(number) !== names.length) throw new StepError(`helper ${number} comes after ${names.length - 1}`);
    names.push(name);
  }
  return names;
}

function print(names) {
  return `// Written by scripts/generate-helper-names.mjs from the kernel's include/uapi/linux/bpf.h; do not edit.

/** The kernel's helper functions without \`bpf_\`; the index is the number. Number 0 is none. */
export const HELPER_NAMES = [
${names.map((name) => `  "${name}",\n`).join("")}] as const;
`;
}

await main(() => {
  const { values, positionals } = parseArgs({ options: { check: { type: "boolean" } }, allowPositionals: true });
  if (positionals.length !== 1) throw new StepError("give the path of the kernel's include/uapi/linux/bpf.h");
  const text = print(readNames(readFileSync(positionals[0], "utf8")));
  if (values.check !== true) writeFileSync(OUTPUT, text);
  else if (readFileSync(OUTPUT, "utf8") !== text) throw new StepError(`${OUTPUT} is out of date`);
});
