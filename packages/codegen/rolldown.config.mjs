// The command, as a few scripts without comments: modules, each with its hundred files, start 60 ms later.
import { defineConfig } from "rolldown";

export default defineConfig({
  cwd: import.meta.dirname,
  input: "dist/cli/main.js",
  platform: "node",
  // Loaded only where they are needed, and large.
  external: ["chokidar", "diff", "jiti", "ts-morph", "zod"],
  output: {
    dir: "dist/command",
    cleanDir: true,
    // Scripts load what they need at once and ask Node.js for no list of what its own modules export.
    format: "cjs",
    entryFileNames: "[name].cjs",
    chunkFileNames: "[name].cjs",
    minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
  },
});
