// Prints the nanoseconds that the import of a module takes, when what it imports is there: `import-types MODULE`.
import "bpf-loader/codegen-runtime/v1";

const [path] = process.argv.slice(2);
const start = performance.now();
await import(path);
console.log(((performance.now() - start) * 1e6).toFixed(0));
