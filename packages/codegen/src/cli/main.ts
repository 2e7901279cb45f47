import { readArguments } from "./arguments.ts";
import { errorLine, UsageError } from "./errors.ts";
import { print } from "./files.ts";
import { helpText } from "./flags.ts";
import { version } from "../version.ts";

/** Done; the object, the configuration or the output is at fault; the arguments are. */
const ExitCode = { DONE: 0, FAILED: 1, USAGE: 2 } as const;

/**
 * The command. Standard output gets what was asked for and nothing else; everything that there is to say goes to standard
 * error, a line each.
 *
 * @param argv what stands behind the command's name
 * @returns the exit code
 */
export async function run(argv: readonly string[]): Promise<number> {
  const isLink = argv[0] === "link";
  try {
    if (isLink) {
      const { runLink } = await import("./link.ts");
      await runLink(argv.slice(1));
      return ExitCode.DONE;
    }
    const request = readArguments(argv);
    switch (request.action) {
      case "help":
        await print(1, helpText());
        return ExitCode.DONE;
      case "version":
        await print(1, `${version}\n`);
        return ExitCode.DONE;
      case "object": {
        // What only says something about itself needs none of the generator.
        const { runJob } = await import("./job.ts");
        await runJob(request);
        return ExitCode.DONE;
      }
      case "config":
        return await runConfig(request.file, request.verify);
    }
  } catch (error) {
    await print(2, `${errorLine(error)}\n`);
    if (!(error instanceof UsageError)) return ExitCode.FAILED;
    await print(2, `Try bpf-codegen ${isLink ? "link " : ""}--help.\n`);
    return ExitCode.USAGE;
  }
}

/** Every target, also when one fails, so that one run shows all that is wrong. */
async function runConfig(file: string | undefined, verify: boolean): Promise<number> {
  // Checking the file costs more than the rest of a run.
  const { readConfig } = await import("./config.ts");
  const { runJob } = await import("./job.ts");
  const jobs = await readConfig(file, verify);
  let failed = false;
  for (const job of jobs) {
    try {
      await runJob(job);
    } catch (error) {
      failed = true;
      await print(2, `${errorLine(error)}\n`);
    }
  }
  return failed ? ExitCode.FAILED : ExitCode.DONE;
}
