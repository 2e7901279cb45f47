import { version } from "../version.ts";
import { readArguments } from "./arguments.ts";
import type { RunRequest } from "./arguments.ts";
import { errorLine, oneLine, UsageError } from "./errors.ts";
import { makeFolder, print } from "./files.ts";
import { helpText } from "./flags.ts";
import { shellWord } from "./shell-word.ts";
import type { WatchedBatches } from "./watch.ts";

/** Done; the object, the configuration or the output is at fault; the arguments are. */
const ExitCode = { DONE: 0, FAILED: 1, USAGE: 2 } as const;

/** Commands besides generating; loaded when they are used. */
const commands: ReadonlyMap<string, () => Promise<(argv: readonly string[]) => Promise<void>>> = new Map([
  ["link", async () => (await import("./link.ts")).runLink],
  ["vmlinux", async () => (await import("./vmlinux.ts")).runVmlinux],
]);

/**
 * The command. Standard output gets what was asked for and nothing else; everything that there is to say goes to standard
 * error, a line each.
 *
 * @param argv what stands behind the command's name
 * @returns the exit code
 */
export async function run(argv: readonly string[]): Promise<number> {
  const command = commands.get(argv[0] ?? "");
  try {
    if (command !== undefined) {
      await (
        await command()
      )(argv.slice(1));
      return ExitCode.DONE;
    }
    const request = readArguments(argv, process.env);
    if ("folder" in request && request.folder !== undefined && request.action !== "check") makeFolder(request.folder);
    switch (request.action) {
      case "help":
        await print(1, helpText());
        return ExitCode.DONE;
      case "version":
        await print(1, `${version}\n`);
        return ExitCode.DONE;
      case "write":
        return await writeAll(await readBatches(request));
      case "check":
        return await checkAll(await readBatches(request), argv);
      case "watch":
        return await watchAll(request);
    }
  } catch (error) {
    await print(2, `${errorLine(error)}\n`);
    if (!(error instanceof UsageError)) return ExitCode.FAILED;
    await print(2, `Try bpf-codegen ${command === undefined ? "" : `${argv[0]} `}--help.\n`);
    return ExitCode.USAGE;
  }
}

// What only says something about itself needs none of the generator: it is imported where it is used.

async function readBatches({ batches, config, verify }: RunRequest): Promise<WatchedBatches> {
  if (batches !== undefined) return { file: undefined, batches };
  const { readConfig } = await import("./config.ts");
  return readConfig(config, verify);
}

/** Every batch, also when one fails, so that one run shows all that is wrong. */
async function writeAll({ batches }: WatchedBatches): Promise<number> {
  const { make } = await import("./job.ts");
  const { write } = await import("./write.ts");
  let failed = false;
  for (const batch of batches) {
    try {
      await write(await make(batch));
    } catch (error) {
      failed = true;
      await print(2, `${errorLine(error)}\n`);
    }
  }
  return failed ? ExitCode.FAILED : ExitCode.DONE;
}

async function checkAll({ batches }: WatchedBatches, argv: readonly string[]): Promise<number> {
  const { make } = await import("./job.ts");
  const { check } = await import("./check.ts");
  let failed = false;
  const stale: string[] = [];
  for (const batch of batches) {
    try {
      stale.push(...(await check(await make(batch))));
    } catch (error) {
      failed = true;
      await print(2, `${errorLine(error)}\n`);
    }
  }
  if (stale.length > 0) {
    const command = ["npx bpf-codegen", ...argv.filter((word) => word !== "--check").map(shellWord)].join(" ");
    const what = stale.length === 1 ? "1 file is" : `${stale.length} files are`;
    await print(2, `bpf-codegen: ${what} not up to date; run: ${oneLine(command)}\n`);
  }
  return failed || stale.length > 0 ? ExitCode.FAILED : ExitCode.DONE;
}

async function watchAll(request: RunRequest): Promise<number> {
  const { watchBatches } = await import("./watch.ts");
  const controller = new AbortController();
  const end = (): void => controller.abort();
  process.once("SIGINT", end).once("SIGTERM", end);
  await watchBatches(() => readBatches(request), controller.signal);
  process.off("SIGINT", end).off("SIGTERM", end);
  return ExitCode.DONE;
}
