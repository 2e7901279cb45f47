// Our side of `libbpf find NAME ROUNDS`: prints the nanoseconds of each round, a line each.
import { Btf } from "bpf-loader/btf";
import { readKernelBtf } from "../../packages/loader/dist/sys/index.js";

const [name, rounds] = process.argv.slice(2);
for (let round = 0; round < Number(rounds); round++) {
  const start = performance.now();
  const id = Btf.parse(readKernelBtf()).find(name, "struct");
  if (id === undefined) throw new Error(`no struct ${name} in the kernel's types`);
  console.log(((performance.now() - start) * 1e6).toFixed(0));
}
