// The command bpf: a script for what every sub-command needs, and one for each, as fast to start as can be.
import { defineConfig } from "rolldown";

export default defineConfig({
  cwd: import.meta.dirname,
  input: "src/command/main.ts",
  platform: "node",
  output: {
    // As deep as src/sys, from where the addon is found.
    dir: "dist/command",
    // Scripts load what they need at once and ask Node.js for no list of what its own modules export.
    format: "cjs",
    entryFileNames: "[name].cjs",
    chunkFileNames: "[name].cjs",
    minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
  },
});
