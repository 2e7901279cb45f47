// The command bpf: a file for what every sub-command needs, and one for each, as fast to start as can be.
import { defineConfig } from "rolldown";

export default defineConfig({
  cwd: import.meta.dirname,
  input: "src/command/main.ts",
  platform: "node",
  // As deep as src/sys, from where the addon is found.
  output: { dir: "dist/command", chunkFileNames: "[name].js" },
});
