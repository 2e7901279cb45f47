// Runs commands side by side, and shows how far it is.
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";

/** Shows a line that is written over, on a terminal only. */
class Progress {
  constructor(label, total) {
    this.label = label;
    this.total = total;
    this.done = 0;
  }

  step(what) {
    this.done++;
    this.#show(`${this.label} ${this.done}/${this.total} ${what}`.slice(0, (process.stderr.columns || 80) - 1));
  }

  end() {
    this.#show("");
  }

  #show(text) {
    if (process.stderr.isTTY) process.stderr.write(`\r${text}\x1b[K`);
  }
}

/** Does some work for each item, as many at once as there are processors. @returns the results in the items' order */
export async function inParallel(label, items, name, work) {
  const progress = new Progress(label, items.length);
  const results = [];
  const queue = items.entries();
  const worker = async () => {
    for (const [index, item] of queue) {
      results[index] = await work(item);
      progress.step(name(item));
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  progress.end();
  return results;
}

/** Runs a command. @returns its exit code (null when it took longer than `seconds`, or crashed) and what it printed */
export function output(command, args, seconds) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ["ignore", "pipe", "pipe"],
      timeout: seconds * 1000,
      killSignal: "SIGKILL",
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
    child.on("error", reject);
    child.on("close", (status, signal) => resolve({ status, signal, stdout, stderr }));
  });
}
