// Our side of `cilium generate OBJECT ROUNDS`: prints the nanoseconds of each round, a line each.
import { readFileSync } from "node:fs";
import { generate } from "bpf-codegen";

const [path, rounds] = process.argv.slice(2);
const bytes = new Uint8Array(readFileSync(path));
for (let round = 0; round < Number(rounds); round++) {
  const start = performance.now();
  const { code } = generate(bytes, { file: "core.bpf.o" });
  console.log(((performance.now() - start) * 1e6).toFixed(0));
  if (!code.includes("program0:")) throw new Error("bindings without programs");
}
