// Our side of `libbpf open OBJECT ROUNDS`: prints the nanoseconds of each round, a line each.
import { readFileSync } from "node:fs";
import { CollectionSpec } from "bpf-loader/spec";

const [path, rounds] = process.argv.slice(2);
for (let round = 0; round < Number(rounds); round++) {
  const start = performance.now();
  const spec = CollectionSpec.parse(readFileSync(path));
  console.log(((performance.now() - start) * 1e6).toFixed(0));
  if (spec.programs.size === 0) throw new Error("an object without programs");
}
