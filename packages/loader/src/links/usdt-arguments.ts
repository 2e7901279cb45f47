import { NotSupportedError, ObjectFormatError, quoteName } from "../errors/index.ts";
import { type ArgumentPlace, type ArgumentSyntax, arm64Syntax, x86Syntax } from "./usdt-syntax.ts";

export interface UsdtArgument {
  readonly place: ArgumentPlace;
  /** Bytes. */
  readonly size: 1 | 2 | 4 | 8;
  readonly signed: boolean;
}

/** By the machine of the ELF header: EM_X86_64, EM_AARCH64. */
const syntaxes: ReadonlyMap<number, ArgumentSyntax> = new Map([
  [62, x86Syntax],
  [183, arm64Syntax],
]);

/**
 * The arguments of a probe, from the text in its note: `size@place`, parted by blanks; a negative size is that of a signed
 * value.
 *
 * @param machine of the executable's ELF header.
 * @throws ObjectFormatError for what is no such text; NotSupportedError for places that BPF programs can't read, such as
 *   floating point registers, and for machines of which the registers are not known here.
 */
export function parseUsdtArguments(text: string, machine: number): readonly UsdtArgument[] {
  if (text.trim() === "") return [];
  const syntax = syntaxes.get(machine);
  if (syntax === undefined) {
    throw new NotSupportedError(
      "arguments of USDT probes",
      undefined,
      `arguments of USDT probes can be read on x86-64 and arm64 only, and this executable is for ELF machine ${machine}`,
    );
  }
  return splitArguments(text).map((each, index) => parseArgument(each, index, syntax));
}

/** Blanks part arguments, but also stand inside of brackets: `-4@[sp, 12]`. */
function splitArguments(text: string): readonly string[] {
  return text
    .trim()
    .replace(/\s+/g, " ")
    .split(/ (?=[^ @]*@)/);
}

function parseArgument(text: string, index: number, syntax: ArgumentSyntax): UsdtArgument {
  const at = text.indexOf("@");
  const sizeText = text.slice(0, Math.max(at, 0));
  const place = text.slice(at + 1).trim();
  if (/^-?\d+f$/.test(sizeText)) throw unreadable(text, index, "it is a floating point number");
  const [, sign, digits] = /^(-?)(\d+)$/.exec(sizeText) ?? [];
  if (digits === undefined) throw new ObjectFormatError(`argument ${index} is ${quoteName(text)}, without its size`);
  const size = Number(digits);
  if (size !== 1 && size !== 2 && size !== 4 && size !== 8) {
    throw unreadable(text, index, `it has ${digits} bytes, not 1, 2, 4 or 8`);
  }
  const found = syntax(place);
  if (typeof found === "string") throw unreadable(text, index, found);
  return { place: found, size, signed: sign === "-" };
}

function unreadable(text: string, index: number, why: string): NotSupportedError {
  return new NotSupportedError(
    "such an argument of a USDT probe",
    undefined,
    `argument ${index}, ${quoteName(text)}, can't be read by a BPF program: ${why}`,
  );
}
