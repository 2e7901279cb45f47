// Our side of `libbpf load OBJECT ROUNDS`: prints the nanoseconds of each round, a line each.
import { loadCollection, loadCollectionSpec } from "bpf-loader";

const [path, rounds] = process.argv.slice(2);
for (let round = 0; round < Number(rounds); round++) {
  const start = performance.now();
  const collection = await loadCollection(loadCollectionSpec(path));
  console.log(((performance.now() - start) * 1e6).toFixed(0));
  collection.close();
}
