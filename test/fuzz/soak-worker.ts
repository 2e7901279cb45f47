// Reads the inputs of a seed from one number to another, for scripts/soak.mjs:
//
//   soak-worker REPOSITORY FAILURES-FOLDER SEED FROM TO [save]
//
// Prints the number of each input before it is read, so that whoever watches knows which one is at fault when this process
// ends, and at the end a line of JSON. An input that fails is saved, and told of in a line of JSON. With `save`, the inputs
// are saved and not read.
import { mkdirSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { Inputs } from "./inputs.ts";
import type { Input } from "./inputs.ts";
import { readWithinLimits } from "./limits.ts";
import { seedObjects } from "./seed-objects.ts";

const [repository = ".", folder = ".", ...numbers] = process.argv.slice(2);
const [seed = 0, from = 0, to = 0] = numbers.map(Number);
const onlySave = numbers[3] === "save";
// Nobody reads the stacks of refusals, and there are a million.
const stackFrames = Error.stackTraceLimit;
Error.stackTraceLimit = 0;

const inputs = new Inputs(seed, seedObjects(repository));
const total = { read: 0, refused: 0, mostMilliseconds: 0, mostBytes: 0 };
for (let number = from; number < to; number++) {
  writeSync(1, `${number}\n`);
  const input = inputs.input(number);
  if (onlySave) say({ saved: save(number, input), description: input.description });
  else tryInput(number, input);
}
if (!onlySave) say(total);

function tryInput(number: number, input: Input): void {
  try {
    const { read, milliseconds, bytes } = readWithinLimits(input);
    if (read) total.read++;
    else total.refused++;
    total.mostMilliseconds = Math.max(total.mostMilliseconds, milliseconds);
    total.mostBytes = Math.max(total.mostBytes, bytes);
  } catch (error) {
    const problem = explain(input, error);
    say({ failed: number, saved: save(number, input), description: input.description, problem });
  }
}

/** The error with its stack, by reading the input again. */
function explain(input: Input, first: unknown): string {
  Error.stackTraceLimit = stackFrames;
  try {
    input.read();
    return inspect(first);
  } catch (error) {
    return inspect(error);
  } finally {
    Error.stackTraceLimit = 0;
  }
}

function save(number: number, { bytes }: Input): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${seed}-${number}.bin`);
  writeFileSync(path, bytes);
  return path;
}

function say(message: object): void {
  writeSync(1, `${JSON.stringify(message)}\n`);
}
