// Our side of `cilium relocate OBJECT ROUNDS`: all CO-RE work of an object's programs, after both BTFs are open. Prints the
// nanoseconds of each round, a line each.
import { readFileSync } from "node:fs";
import { linkFunctions } from "bpf-loader/asm";
import { Btf, CoreResolver } from "bpf-loader/btf";
import { CollectionSpec } from "bpf-loader/spec";
import { readKernelBtf } from "../../packages/loader/dist/sys/index.js";

const [path, rounds] = process.argv.slice(2);
for (let round = 0; round < Number(rounds); round++) {
  const spec = CollectionSpec.parse(readFileSync(path));
  const kernel = Btf.parse(readKernelBtf());
  const programs = Array.from(spec.programs.values(), ({ name, functions }) => {
    const { code, coreRelocations } = linkFunctions(functions, spec.littleEndian);
    return { name, code, coreRelocations };
  });
  const start = performance.now();
  const resolver = new CoreResolver(spec.btf, kernel);
  resolver.prepare(programs.flatMap(({ coreRelocations }) => coreRelocations));
  let poisoned = 0;
  for (const { name, code, coreRelocations } of programs) {
    poisoned += resolver.apply(code, coreRelocations, name).poisoned.length;
  }
  console.log(((performance.now() - start) * 1e6).toFixed(0));
  if (poisoned > 0) throw new Error(`${poisoned} relocations were not found in the kernel that they come from`);
}
