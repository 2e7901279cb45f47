// `npm start`: sets everything up, then shows every process that is executed on this machine (examples/execsnoop).
import { spawn } from "node:child_process";
import { build } from "./build.mjs";
import { main, root } from "./steps.mjs";

/** Runs the demo with this terminal; Ctrl-C reaches it through the terminal, so it is not passed on. */
function demo() {
  const child = spawn(process.execPath, ["examples/dist/execsnoop/main.js", ...process.argv.slice(2)], {
    cwd: root,
    stdio: "inherit",
  });
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code, signal) => resolve(signal === null ? code : 1));
  });
}

await main(() => {
  build();
  return demo();
});
