/**
 * The command line of the example.
 *
 * @module
 */
import { parseArgs } from "node:util";

export const help = `Usage: npm start -- [options]

Shows every process that is executed on this machine, and how it ends.

  --seconds N     end after N seconds; 0: only on Ctrl-C (default: 10)
  --uid N         only processes of this user
  --command NAME  only processes of this name
  --no-demo       only watch; without it a few commands are started, so that there is something to see
  --json          print a JSON object per line
  --help          print this text
`;

export interface Options {
  readonly seconds: number;
  readonly uid: number | undefined;
  readonly command: string | undefined;
  readonly demo: boolean;
  readonly json: boolean;
  readonly help: boolean;
}

/** The user asked for what there is not. */
export class OptionError extends Error {}

/** @throws OptionError */
export function parseOptions(args: readonly string[]): Options {
  const values = parse(args);
  return {
    seconds: wholeNumber("--seconds", values.seconds),
    uid: values.uid === undefined ? undefined : wholeNumber("--uid", values.uid),
    command: values.command,
    demo: !values["no-demo"],
    json: values.json,
    help: values.help,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        seconds: { type: "string", default: "10" },
        uid: { type: "string" },
        command: { type: "string" },
        "no-demo": { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (error) {
    throw new OptionError(`${error instanceof Error ? error.message : String(error)}\nSee --help.`);
  }
}

function wholeNumber(option: string, text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new OptionError(`${option} takes a whole number, not '${text}'`);
  return Number(text);
}
