import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { TotalsReporter } from "./test/reporter.ts";

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    // Tests run on the sources, so that no build has to come first.
    alias: [
      { find: /^bpf-loader\/codegen-runtime\/v1$/, replacement: source("./packages/loader/src/codegen-runtime/v1.ts") },
      { find: /^bpf-loader\/([a-z-]+)$/, replacement: source("./packages/loader/src/$1/index.ts") },
      { find: /^bpf-loader$/, replacement: source("./packages/loader/src/index.ts") },
      { find: /^bpf-codegen$/, replacement: source("./packages/codegen/src/index.ts") },
    ],
  },
  test: {
    include: ["packages/*/src/**/*.test.ts", "test/**/*.test.ts"],
    testTimeout: 30_000,
    setupFiles: ["test/property-seed.ts"],
    reporters: ["default", new TotalsReporter()],
  },
});
