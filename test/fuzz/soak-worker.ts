// Reads the inputs of a seed from one number to another, for scripts/soak.mjs:
//
//   soak-worker REPOSITORY FAILURES-FOLDER SEED FROM TO GROUP [save]
//
// Prints the number of the first input of each group before it is read, so that whoever watches knows where this process
// ended when it does, and at the end a line of JSON. An input that fails is saved, and told of in a line of JSON. With
// `save`, the inputs are saved and not read.
import { mkdirSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { Inputs } from "./inputs.ts";
import type { Input } from "./inputs.ts";
import { MOST_BYTES, PeakMemory, readInMemory, readInTime } from "./limits.ts";
import { seedObjects } from "./seed-objects.ts";

const [repository = ".", folder = ".", ...numbers] = process.argv.slice(2);
const [seed = 0, from = 0, to = 0, group = 1] = numbers.map(Number);
const onlySave = numbers[4] === "save";
// Nobody reads the stacks of refusals, and there are a million.
const stackFrames = Error.stackTraceLimit;
Error.stackTraceLimit = 0;

const inputs = new Inputs(seed, seedObjects(repository));
const memory = new PeakMemory();
const total = { read: 0, refused: 0, mostMilliseconds: 0, slowest: from, mostBytes: 0, largest: from };

for (let first = from; first < to; first += group) {
  writeSync(1, `${first}\n`);
  const end = Math.min(to, first + group);
  if (onlySave) for (let number = first; number < end; number++) say(saved(number, inputs.input(number)));
  else readGroup(first, end);
}
if (!onlySave) say(total);

function readGroup(first: number, end: number): void {
  memory.start();
  for (let number = first; number < end; number++) tryInput(number);
  const grown = memory.grown();
  if (grown <= MOST_BYTES) {
    if (grown > total.mostBytes) Object.assign(total, { mostBytes: grown, largest: first });
  }
  // One of them, or all together: each on its own tells.
  else for (let number = first; number < end; number++) tryMemory(number);
}

function tryInput(number: number): void {
  const input = inputs.input(number);
  try {
    const { read, milliseconds } = readInTime(input);
    if (read) total.read++;
    else total.refused++;
    if (milliseconds > total.mostMilliseconds)
      Object.assign(total, { mostMilliseconds: milliseconds, slowest: number });
  } catch (error) {
    say({ failed: number, ...saved(number, input), problem: explain(input, error) });
  }
}

function tryMemory(number: number): void {
  const input = inputs.input(number);
  try {
    readInMemory(input, memory);
  } catch (error) {
    say({ failed: number, ...saved(number, input), problem: inspect(error) });
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

function saved(number: number, { bytes, description }: Input): object {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${seed}-${number}.bin`);
  writeFileSync(path, bytes);
  return { saved: path, description };
}

function say(message: object): void {
  writeSync(1, `${JSON.stringify(message)}\n`);
}
