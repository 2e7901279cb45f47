// Whether llvm-objdump and we write the instructions of all objects alike, as a table and a list.
import { compareDisassembly } from "./disassembly.mjs";
import { inParallel } from "./pool.mjs";

/** More of an object say nothing new. */
const MOST_SHOWN = 5;

/**
 * Compares the objects that were built, and prints what came out.
 * @returns how many instructions differ for no known reason
 */
export async function reportDisassembly(names, objects) {
  const built = objects.filter(({ failure }) => failure === undefined);
  const compared = await inParallel("Disassembling", built, ({ name }) => name, compareObject);
  console.log("\nInstructions beside llvm-objdump-19 -d, without and with --mcpu=v4");
  for (const corpus of names) printCounts(corpus, compared);
  for (const { corpus, name, differences } of compared) {
    for (const { section, slot, cpu, llvm, ours } of differences.slice(0, MOST_SHOWN)) {
      console.log(`  ${corpus}/${name} ${section} ${slot} (${cpu ?? "no --mcpu"}): LLVM ${llvm}, ours ${ours}`);
    }
  }
  return compared.reduce((sum, { differences }) => sum + differences.length, 0);
}

async function compareObject({ corpus, name, path }) {
  return { corpus, name, ...(await compareDisassembly(path)) };
}

function printCounts(corpus, compared) {
  const own = compared.filter((object) => object.corpus === corpus);
  const total = (count) => own.reduce((sum, object) => sum + count(object), 0);
  const differ = total(({ differences }) => differences.length);
  console.log(
    `  ${corpus}: ${own.length} objects, ${total(({ instructions }) => instructions)} compared, ` +
      `${total(({ agreed }) => agreed)} alike, ${differ} differ`,
  );
  const reasons = new Set(own.flatMap(({ explained }) => Object.keys(explained)));
  for (const reason of reasons) console.log(`    ${total(({ explained }) => explained[reason] ?? 0)}: ${reason}`);
}
