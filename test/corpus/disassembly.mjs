// What llvm-objdump and we make of an object's instructions, line by line.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { decodeSlots, printInstruction, targetSlot } from "bpf-loader/asm";
import { ElfFile } from "bpf-loader/elf";

const OBJDUMP = "llvm-objdump-19";
const SHF_EXECINSTR = 0x4n;
const SHT_PROGBITS = 1;
const STT_SECTION = 3;
const SLOT_BYTES = 8;

/** What LLVM 19 gets wrong or leaves out; the texts are for people. */
const REASONS = {
  atomic: "without --mcpu, LLVM 19 takes 32-bit atomics for additions, or does not know them",
  jumpRegister: "LLVM 19 does not know it: it came with LLVM 22",
  loadAcquire: "LLVM 19 takes these for additions",
  loadPacket: "LLVM shows no offset beside an index",
};

/**
 * Compares all instructions of an object with `llvm-objdump-19 -d`, and once more with `--mcpu=v4`, which spells 32-bit
 * registers in loads and stores.
 * @param {string} path
 * @returns what `disassembly.d.mts` says
 */
export async function compareDisassembly(path) {
  const elf = ElfFile.parse(readFileSync(path));
  const total = { instructions: 0, agreed: 0, differences: [], explained: {} };
  for (const cpu of [undefined, "v4"]) {
    const theirs = await runObjdump(path, cpu);
    for (const section of elf.sections) {
      const isCode = section.type === SHT_PROGBITS && (BigInt(section.flags) & SHF_EXECINSTR) !== 0n;
      // llvm-objdump leaves empty ones out.
      if (!isCode || section.data.length === 0) continue;
      compareSection(elf, section, theirs.shift() ?? new Map(), cpu, total);
    }
  }
  return total;
}

/** @returns for each section, in their order, the text of each slot where an instruction starts */
async function runObjdump(path, cpu) {
  const args = ["-d", "-z", "--no-show-raw-insn", ...(cpu === undefined ? [] : [`--mcpu=${cpu}`]), path];
  const { stdout } = await promisify(execFile)(OBJDUMP, args, { maxBuffer: 256 * 1024 * 1024 });
  return stdout
    .split(/^Disassembly of section .*:$/m)
    .slice(1)
    .map(
      (text) =>
        new Map(Array.from(text.matchAll(/^ *(\d+):\t(.*)$/gm), ([, slot, line]) => [Number(slot), line.trimEnd()])),
    );
}

function compareSection(elf, section, theirs, cpu, total) {
  const nameOf = symbolNames(elf, section);
  for (const placed of decodeSlots(section.data, elf.littleEndian)) {
    const { slot, instruction } = placed;
    const own = `${printInstruction(instruction, { wordRegisters: cpu !== undefined })}${suffix(placed, nameOf)}`;
    const other = theirs.get(slot);
    theirs.delete(slot);
    total.instructions++;
    if (own === other) {
      total.agreed++;
      continue;
    }
    const reason = explain(instruction, cpu);
    if (reason !== undefined) total.explained[reason] = (total.explained[reason] ?? 0) + 1;
    else total.differences.push({ section: section.name, slot, cpu, llvm: other, ours: own });
  }
  // What is left, they see and we don't.
  for (const [slot, llvm] of theirs) {
    total.differences.push({ section: section.name, slot, cpu, llvm, ours: undefined });
  }
}

function explain(instruction, cpu) {
  if (instruction.kind === "atomic" && (instruction.size !== "u32" || cpu !== undefined)) return undefined;
  if (instruction.kind === "loadPacket" && (instruction.index === undefined || instruction.offset === 0)) {
    return undefined;
  }
  return REASONS[instruction.kind];
}

/** Where jumps go, as llvm-objdump writes it behind them. */
function suffix(placed, nameOf) {
  const { kind } = placed.instruction;
  const isJump = kind === "jump" || kind === "jumpIf" || kind === "mayGoto";
  const target = isJump ? targetSlot(placed) : undefined;
  return target === undefined ? "" : ` <${nameOf(target * SLOT_BYTES)}>`;
}

/** The last symbol at or before an address of the section, and the distance from there. */
function symbolNames(elf, section) {
  const symbols = elf.symbols
    .filter(({ sectionIndex, type, name }) => sectionIndex === section.index && type !== STT_SECTION && name !== "")
    .sort((a, b) => a.value - b.value || a.type - b.type || (a.name < b.name ? -1 : 1));
  if (symbols[0]?.value !== 0) symbols.unshift({ value: 0, name: section.name });
  return (address) => {
    // Addresses have 64 bits: what is before the section is behind everything.
    const symbol = (address < 0 ? undefined : symbols.findLast(({ value }) => value <= address)) ?? symbols.at(-1);
    const distance = BigInt.asUintN(64, BigInt(address - symbol.value));
    return distance === 0n ? symbol.name : `${symbol.name}+0x${distance.toString(16)}`;
  };
}
