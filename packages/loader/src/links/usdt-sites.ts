import { BpfError, NotSupportedError, ObjectFormatError, quoteName } from "../errors/index.ts";
import { BoundedFile } from "./bounded-file.ts";
import { ElfHeaders } from "./elf-headers.ts";
import { didYouMean } from "./similar-names.ts";
import { type StapNote, stapNotes } from "./stap-notes.ts";

/** One of the places where a probe stands in an executable; a compiler that inlines makes several of one. */
export interface UsdtSite {
  /** Bytes from the start of the file. */
  readonly offset: number;
  /** Where the file is linked to; of an ET_EXEC file also where it runs. */
  readonly address: number;
  /** Bytes from the start of the file of the 16-bit counter that the executable looks at before it prepares arguments. */
  readonly counterOffset: number | undefined;
  /** As the note says it: see `parseUsdtArguments`. */
  readonly arguments: string;
}

export interface UsdtProbe {
  /** Of the ELF header. */
  readonly machine: number;
  /** Loaded at an address that only the running process knows: a library, or a position independent executable. */
  readonly movable: boolean;
  readonly sites: readonly UsdtSite[];
}

const ET_DYN = 3;

/**
 * Where a probe is in an executable or a library; nothing stays open.
 *
 * @throws BpfError ERR_BPF_NOT_FOUND when the file can't be opened or has no such probe, with those that look like it;
 *   ObjectFormatError when it is not an ELF file or a damaged one; NotSupportedError for files of 32 bits.
 */
export function findUsdtProbe(path: string, provider: string, name: string): UsdtProbe {
  const file = BoundedFile.open(path);
  try {
    const headers = new ElfHeaders(file);
    if (headers.layout.word === 4) {
      throw new NotSupportedError(
        "USDT probes in 32-bit executables",
        undefined,
        `${quoteName(path)} is a 32-bit executable; USDT probes are attached to in 64-bit ones only`,
      );
    }
    const notes = readNotes(file, headers);
    const named = notes.filter((note) => note.provider === provider && note.name === name);
    if (named.length === 0) throw noSuchProbe(path, provider, name, notes);
    const base = BigInt(headers.sectionNamed(file, ".stapsdt.base")?.address ?? 0);
    return {
      machine: headers.machine,
      movable: headers.type === ET_DYN,
      sites: named.map((note) => siteOf(note, base, headers)),
    };
  } finally {
    file.close();
  }
}

function readNotes(file: BoundedFile, headers: ElfHeaders): readonly StapNote[] {
  const section = headers.sectionNamed(file, ".note.stapsdt");
  if (section === undefined) return [];
  const content = file.read(section.offset, section.size, "the section .note.stapsdt");
  return [...stapNotes(content, headers.layout.word, headers.littleEndian)];
}

/**
 * Notes are not loaded, so that what moves a linked library, as prelink does, leaves their addresses alone; how far it moved
 * shows the section .stapsdt.base, whose address at link time the notes have.
 */
function siteOf(note: StapNote, base: bigint, headers: ElfHeaders): UsdtSite {
  const moved = base === 0n || note.base === 0n ? 0n : base - note.base;
  const address = Number(note.location + moved);
  const semaphore = Number(note.semaphore + moved);
  return {
    offset: fileOffset(headers, note, address, "instruction", true),
    address,
    counterOffset: note.semaphore === 0n ? undefined : fileOffset(headers, note, semaphore, "semaphore", false),
    arguments: note.arguments,
  };
}

function fileOffset(headers: ElfHeaders, note: StapNote, address: number, what: string, executable: boolean): number {
  const segment = headers.segmentAt(address);
  if (segment !== undefined && segment.executable === executable) return address - segment.address + segment.offset;
  throw new ObjectFormatError(
    `${quoteName(headers.path)}: the ${what} of probe ${quoteName(`${note.provider}:${note.name}`)}, at address 0x${address.toString(16)}, ` +
      `is not in its ${executable ? "code" : "data"}`,
  );
}

function noSuchProbe(path: string, provider: string, name: string, notes: readonly StapNote[]): BpfError {
  const known = new Set(notes.map((note) => `${note.provider}:${note.name}`));
  const wanted = `${provider}:${name}`;
  const why = known.size === 0 ? " (it has no USDT probes at all)" : didYouMean(wanted, known);
  return new BpfError("ERR_BPF_NOT_FOUND", `${quoteName(path)} has no USDT probe ${quoteName(wanted)}${why}`);
}
