import { endianness } from "node:os";
import {
  decodeSlots,
  disassemble,
  helperName,
  slotsOf,
  type LineInfo,
  type Names,
  type Reference,
} from "../asm/index.ts";
import { SLOT_BYTES } from "../asm/code.ts";
import { printSymbolic } from "../asm/symbolic.ts";
import { VariableIndex } from "../asm/variable-index.ts";
import { kernelSymbolAddresses } from "../collection/kernel-symbols.ts";
import { BpfError } from "../errors/index.ts";
import {
  KernelSymbols,
  maps,
  type JitedFunction,
  type JitedProgram,
  type ProgramInfo,
  type TranslatedProgram,
} from "../info/index.ts";
import { readProgramInfo } from "../info/program-info.ts";
import { ifAllowed } from "./allowed.ts";
import { hexDigits, type Json } from "./json-text.ts";
import { openTarget } from "./objects.ts";
import { requirePositionals, type Report, type SubCommand } from "./sub-command.ts";
import { inert } from "./terminal-text.ts";

const LITTLE_ENDIAN = endianness() === "LE";

/** `bpf dump program` */
export const dumpProgram: SubCommand = {
  usage: ["dump program PROGRAM"],
  description: `Prints the instructions of a loaded program as the verifier rewrote them, with the lines of its source where its BTF has them.
With --jited the machine code that the kernel runs instead.

JSON: [{ "slot": 0, "function": "count", "source": { "file": "count.bpf.c", "line": 12, "column": 3, "text": "…" }, "bytes":
"61120000…", "instruction": "r2 = *(u32 *)(r1 + 0x0)" }, …], "function" where one starts and "source" where a line does; with --jited
[{ "name": "count", "address": 18446744072639217664, "code": "0f1f…", "lines": [{ "offset": 0, "file": …, "line": …, "text": … }] }, …].`,
  flags: { jited: { type: "boolean", text: "machine code, in hexadecimal digits" } },
  run(args) {
    const [target = ""] = requirePositionals(args, "PROGRAM");
    const descriptor = openTarget("program", target);
    let info: ProgramInfo;
    try {
      info = readProgramInfo(descriptor.value, descriptor.what);
    } finally {
      descriptor.close();
    }
    return args.isSet("jited") ? machineCode(info.jited()) : instructions(info);
  },
};

function instructions(info: ProgramInfo): Report {
  const program = info.instructions();
  const mapNames = new Map(ifAllowed(() => [...maps()])?.map(({ id, name }) => [id, name === "" ? undefined : name]));
  const names = { map: (id: number) => mapNames.get(id) };
  const references = calledFunctions(program.code);
  return {
    json: instructionsJson(program, references, names),
    text: () => disassemble({ ...program, references }, { littleEndian: LITTLE_ENDIAN, names }),
  };
}

function instructionsJson(program: TranslatedProgram, references: readonly Reference[], names: Names): Json {
  const functions = new Map(program.functions.map(({ slot, name }) => [slot, name]));
  const lines = new Map(program.lines.map((line) => [line.slot, line]));
  const called = new Map(references.map((reference) => [reference.slot, reference]));
  const sources = { names, variables: new VariableIndex([]) };
  return Array.from(decodeSlots(program.code, LITTLE_ENDIAN), ({ slot, instruction }) => {
    const line = lines.get(slot);
    return {
      slot,
      function: functions.get(slot),
      source: line === undefined ? undefined : lineJson(line),
      bytes: hexDigits(program.code.subarray(slot * SLOT_BYTES, (slot + slotsOf(instruction)) * SLOT_BYTES)),
      instruction: printSymbolic(instruction, called.get(slot), sources, {}),
    };
  });
}

function lineJson({ file, line, column, text }: LineInfo): Record<string, Json> {
  return { file, line, column, text };
}

/** What the offsets of calls are from. */
const CALL_BASE = "__bpf_call_base";

/**
 * The names of the functions of the kernel that are called. In a loaded program, a call has the distance to the function in place of
 * the helper's number. Where /proc/kallsyms hides addresses, these stay numbers.
 */
function calledFunctions(code: Uint8Array): readonly Reference[] {
  const calls = Array.from(decodeSlots(code, LITTLE_ENDIAN)).flatMap(({ slot, instruction }) => {
    if (instruction.kind === "callHelper") return [{ slot, distance: instruction.helper }];
    return instruction.kind === "callKernel" ? [{ slot, distance: instruction.typeId }] : [];
  });
  if (calls.every(({ distance }) => helperName(distance) !== undefined)) return [];
  try {
    const base = kernelSymbolAddresses(new Set([CALL_BASE])).get(CALL_BASE);
    if (base === undefined) return [];
    const symbols = KernelSymbols.read();
    return calls.flatMap(({ slot, distance }): readonly Reference[] => {
      const symbol = symbols.find(base + BigInt(distance));
      return symbol?.offset === 0 ? [{ kind: "symbol", slot, name: symbol.name }] : [];
    });
  } catch (error) {
    if (error instanceof BpfError) return [];
    throw error;
  }
}

/** Bytes on a line of machine code. */
const ROW_BYTES = 16;

function machineCode({ functions }: JitedProgram): Report {
  return {
    json: functions.map(({ name, address, code, lines }) => ({
      name,
      address,
      code: hexDigits(code),
      lines: lines.map(({ offset, line }) => ({ offset, ...lineJson(line) })),
    })),
    text: () => functions.map(functionText).join("\n"),
  };
}

/** Rows of bytes, a new one where a line of the source starts. */
function functionText({ name, address, code, lines }: JitedFunction): string {
  const title = `${inert(name ?? "function")}:${address === undefined ? "" : ` 0x${address.toString(16)}`}\n`;
  const starts = new Map(lines.map(({ offset, line }) => [offset, line.text.trim()]));
  const places = [...new Set([0, ...starts.keys()])].sort((left, right) => left - right);
  const parts = places.map((place, index) => {
    const text = starts.get(place);
    const rows: string[] = [];
    const end = places[index + 1] ?? code.length;
    for (let at = place; at < end; at += ROW_BYTES) {
      const bytes = hexDigits(code.subarray(at, Math.min(at + ROW_BYTES, end))).replaceAll(/..(?!$)/g, "$& ");
      rows.push(`${at.toString(16).padStart(8)}: ${bytes}\n`);
    }
    return `${text === undefined || text === "" ? "" : `; ${inert(text)}\n`}${rows.join("")}`;
  });
  return title + parts.join("");
}
