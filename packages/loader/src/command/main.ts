import { errorLine, UsageError } from "./errors.ts";
import { jsonText } from "./json-text.ts";
import { print } from "./print.ts";
import { readArguments, subCommandHelp, type Listing, type Report, type SubCommand } from "./sub-command.ts";
import { standardOutput, type Terminal } from "./terminal.ts";
import { measuring } from "./terminal-text.ts";
import { version } from "./version.ts";

/** Done; it can't be done; the arguments make no sense. */
const ExitCode = { DONE: 0, FAILED: 1, USAGE: 2 } as const;

interface Entry {
  /** What the help says of it, in a line. */
  readonly summary: string;
  /** Loaded when it is used. */
  readonly load: () => Promise<SubCommand>;
}

/** By the words behind `bpf`. */
const commands: ReadonlyMap<string, Entry> = new Map<string, Entry>([
  ["list maps", { summary: "the kernel's maps", load: async () => (await import("./maps.ts")).listMaps }],
  ["list programs", { summary: "loaded programs", load: async () => (await import("./programs.ts")).listPrograms }],
  ["list links", { summary: "what is attached by links", load: async () => (await import("./links.ts")).listLinks }],
  ["list btf", { summary: "descriptions of types", load: async () => (await import("./btf.ts")).listBtf }],
  ["show map", { summary: "one map", load: async () => (await import("./maps.ts")).showMap }],
  ["show program", { summary: "one program", load: async () => (await import("./programs.ts")).showProgram }],
  ["show link", { summary: "one link", load: async () => (await import("./links.ts")).showLink }],
  ["show btf", { summary: "one BTF object", load: async () => (await import("./btf.ts")).showBtf }],
  ["dump map", { summary: "entries of a map", load: async () => (await import("./dump-map.ts")).dumpMap }],
  [
    "dump program",
    {
      summary: "instructions of a program",
      load: async () => (await import("./dump-program.ts")).dumpProgram,
    },
  ],
  ["set", { summary: "write an entry of a map", load: async () => (await import("./set.ts")).set }],
  ["delete", { summary: "delete an entry of a map", load: async () => (await import("./delete.ts")).deleteEntry }],
  ["pin", { summary: "give an object a name in a bpf file system", load: async () => (await import("./pin.ts")).pin }],
  ["unpin", { summary: "take that name away", load: async () => (await import("./unpin.ts")).unpin }],
  [
    "top",
    { summary: "run time of programs and memory of maps, live", load: async () => (await import("./top.ts")).top },
  ],
  ["features", { summary: "what the kernel can do", load: async () => (await import("./features.ts")).features }],
]);

/**
 * The command. Standard output gets what was asked for and nothing else; an error is one line on standard error.
 *
 * @param argv what stands behind the command's name
 * @returns the exit code
 */
export async function run(argv: readonly string[]): Promise<number> {
  const name = nameOf(argv);
  const entry = commands.get(name);
  try {
    if (entry === undefined) return await runWithoutCommand(argv);
    const command = await entry.load();
    const args = readArguments(command, argv.slice(name.split(" ").length));
    if (args.isSet("help")) {
      await print(1, await measuring(() => subCommandHelp(command, standardOutput(process.env))));
      return ExitCode.DONE;
    }
    await printReports(await command.run(args), args.isSet("json"));
    return ExitCode.DONE;
  } catch (error) {
    await print(2, `${errorLine(error)}\n`);
    if (!(error instanceof UsageError)) return ExitCode.FAILED;
    await print(2, `Try: bpf ${entry === undefined ? "" : `${name} `}--help\n`);
    return ExitCode.USAGE;
  }
}

/** The words at the start of the arguments that are a sub-command: two or one. */
function nameOf(argv: readonly string[]): string {
  const two = argv.slice(0, 2).join(" ");
  return commands.has(two) ? two : (argv[0] ?? "");
}

async function runWithoutCommand([first, second]: readonly string[]): Promise<number> {
  if (first === "--version" || first === "-v") {
    await print(1, `${version}\n`);
    return ExitCode.DONE;
  }
  const kinds = [...commands.keys()].filter((name) => name.startsWith(`${first} `));
  if (first === "--help" || first === "-h" || first === "help" || (kinds.length > 0 && second === "--help")) {
    await print(1, helpText());
    return ExitCode.DONE;
  }
  if (first === undefined) throw new UsageError("it needs to be told what to do");
  if (first.startsWith("-")) throw new UsageError(`options stand behind the sub-command: bpf list maps ${first}`);
  if (kinds.length === 0) throw new UsageError(`there is no sub-command ${first}`);
  const known = kinds.map((name) => name.slice(first.length + 1)).join(", ");
  throw new UsageError(
    second === undefined ? `${first} what? ${known}` : `there is no ${first} ${second}, but ${known}`,
  );
}

/** Characters that are printed at a time. */
const PIECE = 65_536;

/** As JSON, a list. */
async function printListing({ items, end }: Listing, json: boolean): Promise<void> {
  const terminal = standardOutput(process.env);
  let count = 0;
  let piece = "";
  for (const item of items()) {
    if (json) piece += `${count === 0 ? "[" : ","}\n  ${jsonText(item.json, 2, "  ")}`;
    else piece += terminal.width === undefined ? item.text(terminal) : await measuring(() => item.text(terminal));
    count++;
    if (piece.length < PIECE) continue;
    if ((await print(1, piece)) === "gone") return;
    piece = "";
  }
  await print(1, piece + (json ? (count === 0 ? "[]\n" : "\n]\n") : end(count)));
}

/** One report, or one after the other: of JSON then a line each. On a terminal each takes the place of the one before. */
async function printReports(reports: Report | Listing | AsyncIterable<Report>, json: boolean): Promise<void> {
  if ("items" in reports) return printListing(reports, json);
  if (!(Symbol.asyncIterator in reports)) {
    const terminal = standardOutput(process.env);
    await print(1, json ? `${jsonText(reports.json)}\n` : await measuring(() => reports.text(terminal)));
    return;
  }
  let isFirst = true;
  for await (const report of reports) {
    // Its size may have changed.
    const terminal = standardOutput(process.env);
    const text = json
      ? `${jsonText(report.json, 0)}\n`
      : frame(await measuring(() => report.text(terminal)), terminal, isFirst);
    if ((await print(1, text)) === "gone") return;
    isFirst = false;
  }
}

const CLEAR_SCREEN = "\u001b[H\u001b[2J";

function frame(text: string, { height }: Terminal, isFirst: boolean): string {
  if (height === undefined) return isFirst ? text : `\n${text}`;
  const lines = text.split("\n");
  const shown = lines.length <= height ? lines : [...lines.slice(0, height - 2), "…", ""];
  return CLEAR_SCREEN + shown.join("\n");
}

function helpText(): string {
  const width = Math.max(...[...commands.keys()].map((name) => name.length));
  const lines = [...commands].map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}\n`);
  return `Usage: bpf COMMAND [arguments] [options]

Shows and handles the eBPF objects of the running kernel. Most of it needs root.

Commands:
${lines.join("")}
Each has --help and --json. An object is named by its id, by the path of its
pin (with a slash), or by its name.

Exit codes: 0 done, 1 it can't be done, 2 the arguments make no sense.
`;
}
