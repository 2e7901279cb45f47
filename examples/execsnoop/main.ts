/**
 * Shows every process that is executed on this machine, and how it ends.
 *
 * @module
 */
import { BpfError } from "bpf-loader";
import { runDemoCommands } from "./demo-commands.ts";
import { execsnoop } from "./execsnoop.ts";
import { help, OptionError, type Options, parseOptions } from "./options.ts";
import { JsonReport, TableReport } from "./report.ts";

const ALL_USERS = 0xff_ff_ff_ff;

async function watch({ uid = ALL_USERS, command = "", ...options }: Options): Promise<void> {
  // Constants are set before the kernel verifies the programs: what they rule out costs nothing at run time.
  using objects = await execsnoop.load({ constants: { targetUid: uid, targetComm: command } });
  using _exec = objects.programs.onExec.attach();
  using _exit = objects.programs.onExit.attach();

  const report = options.json ? new JsonReport() : new TableReport();
  const signal = endOf(options.seconds);
  if (options.demo) void runDemoCommands(signal);

  // A ring buffer: the kernel writes, this reads the same memory.
  for await (const event of objects.maps.events.events({ signal })) report.event(event);

  const { execs, exits, dropped } = objects.variables; // in memory that is shared with the kernel
  report.summary({ counters: { execs, exits, dropped }, commands: [...objects.maps.commands.entries()] });
}

/** Aborted after some seconds, on Ctrl-C, and when nobody reads the output any more (`npm start | head`). */
function endOf(seconds: number): AbortSignal {
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
