/**
 * Shows every process that is executed on this machine, and how it ends.
 *
 * @module
 */
import { BpfError } from "bpf-loader";
import { runDemoCommands } from "./demo-commands.ts";
import { execsnoop } from "./execsnoop.ts";
import { help, OptionError, parseOptions } from "./options.ts";
import type { Options } from "./options.ts";
import { JsonReport, TableReport } from "./report.ts";

async function watch({ uid, command, seconds, demo, json }: Options): Promise<void> {
  const end = endAfter(seconds);
  // Constants are set before the kernel verifies the programs: what they rule out costs nothing at run time.
  using objects = await execsnoop.load({ constants: { targetUid: uid, targetComm: command } });
  const { events, commands } = objects.maps;
  const links = objects.attach();

  const report = json ? new JsonReport() : new TableReport(seconds);
  if (demo) void runDemoCommands(end);
  try {
    // A ring buffer: what the kernel writes is read from the same memory.
    for await (const event of events.events({ signal: end })) report.event(event);
  } catch (error) {
    if (!end.aborted) throw error;
  }
  links.close();
  events.consume((event) => report.event(event)); // those of the last moment

  const { execs, exits, dropped } = objects.variables; // shared memory too; the hash map takes system calls
  report.summary({ execs, exits, dropped }, [...commands.entries()]);
}

/** Aborted after some seconds, on Ctrl-C, or when nobody reads the output any more (`npm start | head`). */
function endAfter(seconds: number): AbortSignal {
  const end = new AbortController();
  const abort = (): void => end.abort();
  process.once("SIGINT", abort).once("SIGTERM", abort);
  process.stdout.on("error", abort);
  if (seconds > 0) setTimeout(abort, seconds * 1000).unref();
  return end.signal;
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(help);
  else await watch(options);
} catch (error) {
  // What the kernel, this machine or the user refuses is one message; anything else is a mistake in this program.
  if (!(error instanceof BpfError || error instanceof OptionError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
