// Our side of `libbpf load OBJECT ROUNDS`: prints the nanoseconds of each round, a line each.
// The loader keeps the kernel's types until their memory is needed; with `node --expose-gc` each round reads them anew.
import { setImmediate } from "node:timers/promises";
import { loadCollection, loadCollectionSpec } from "bpf-loader";

const [path, rounds] = process.argv.slice(2);
for (let round = 0; round < Number(rounds); round++) {
  const start = performance.now();
  const collection = await loadCollection(loadCollectionSpec(path));
  console.log(((performance.now() - start) * 1e6).toFixed(0));
  collection.close();
  await setImmediate();
  globalThis.gc?.();
}
