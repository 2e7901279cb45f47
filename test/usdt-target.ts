/** A place of a probe in the program that {@link usdtTarget} makes. */
export interface TargetSite {
  readonly provider?: string;
  readonly name: string;
  /** Which of the three places in {@link code}. */
  readonly place: 0 | 1 | 2;
  readonly arguments: string;
  /** With the counter of those who trace, which is the program's exit status. */
  readonly semaphore?: boolean;
}

/**
 * x86-64: for each byte on standard input it goes over the three places, with values that the tests know in registers and on
 * the stack; at its end it exits with the counter as status.
 */
const code = [
  [0x48, 0x83, 0xec, 0x40], // sub $64, %rsp
  [0x31, 0xc0, 0x31, 0xff, 0x48, 0x89, 0xe6, 0xba, 1, 0, 0, 0, 0x0f, 0x05], // loop: read(0, %rsp, 1)
  [0x85, 0xc0, 0x7e, 0x2b], // test %eax, %eax; jle end
  [0xc7, 0x44, 0x24, 12, 0xfb, 0xff, 0xff, 0xff], // movl $-5, 12(%rsp)
  [0x48, 0xb8, 0x55, 0x44, 0x33, 0x22, 0x11, 0, 0, 0], // mov $0x1122334455, %rax
  [0x48, 0x89, 0x44, 0x24, 40], // mov %rax, 40(%rsp)
  [0xbf, 0xf9, 0xff, 0xff, 0xff], // mov $-7, %edi
  [0xbb, 3, 0, 0, 0], // mov $3, %ebx
  [0x90], // place 0
  [0xbe, 77, 0, 0, 0], // mov $77, %esi
  [0x90, 0x90], // places 1, 2
  [0xeb, 0xc3], // jmp loop
  [0x0f, 0xb7, 0x3d, 0, 0, 0, 0], // end: movzwl counter(%rip), %edi
  [0xb8, 60, 0, 0, 0, 0x0f, 0x05], // exit(%edi)
].flat();
const places = [0x37, 0x3d, 0x3e] as const;
const counterDistanceAt = 0x44;
const afterCounterDistance = 0x48;

const HEADERS = 64 + 2 * 56;
const TEXT = 0x40_0000;
/** The data are mapped from the same page of the file, to another of memory. */
const DATA_DISTANCE = 0x2000;
const SECTION_NAMES = "\0.shstrtab\0.note.stapsdt\0.stapsdt.base\0";
const names = { strings: 1, notes: 11, base: 25 };

/** Sites that show each way of describing an argument, and one probe at two places. */
const usualSites: readonly TargetSite[] = [
  {
    name: "many",
    place: 0,
    arguments: "-4@%edi 4@%edi 8@$42 -8@$-9 -4@12(%rsp) 8@16(%rsp,%rbx,8)",
    semaphore: true,
  },
  { name: "plain", place: 0, arguments: "-4@%edi 4@%edi 8@$42 -8@$-9 -4@12(%rsp) 8@40(%rsp)" },
  { name: "twice", place: 1, arguments: "4@%esi" },
  { name: "twice", place: 2, arguments: "4@%esi" },
  { name: "differs", place: 0, arguments: "4@$1", semaphore: true },
  { name: "differs", place: 1, arguments: "4@%esi", semaphore: true },
  { name: "silent", place: 2, arguments: "" },
  { name: "float", place: 0, arguments: "8f@%xmm0" },
];

/** A running ELF executable with probes, as bytes: no compiler is needed to make one. */
export function usdtTarget(
  sites: readonly TargetSite[] = usualSites,
  options: {
    readonly movable?: boolean;
    readonly machine?: number;
    /** As prelink does. */ readonly moved?: number;
  } = {},
): Uint8Array<ArrayBuffer> {
  const { movable = false, machine = 62, moved = 0 } = options;
  const linked = movable ? 0 : TEXT;
  const start = linked + moved;
  // The kernel takes no counters at odd addresses.
  const data = Math.ceil((HEADERS + code.length) / 4) * 4;
  const counter = start + DATA_DISTANCE + data;
  const notesAt = Math.ceil((data + 8) / 4) * 4;
  const notes = sites.map((site) =>
    stapNote({
      provider: site.provider ?? "test",
      name: site.name,
      arguments: site.arguments,
      location: BigInt(linked + HEADERS + places[site.place]),
      base: BigInt(linked + HEADERS),
      semaphore: site.semaphore === true ? BigInt(counter - moved) : 0n,
    }),
  );
  const content = Buffer.concat(notes);
  const stringsAt = notesAt + content.length;
  const sectionsAt = Math.ceil((stringsAt + SECTION_NAMES.length) / 8) * 8;

  const bytes = new Uint8Array(sectionsAt + 4 * 64);
  const view = new DataView(bytes.buffer);
  const u64 = (at: number, value: number): void => view.setBigUint64(at, BigInt(value), true);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, movable ? 3 : 2, true);
  view.setUint16(18, machine, true);
  view.setUint32(20, 1, true);
  u64(24, start + HEADERS);
  u64(32, 64);
  u64(40, sectionsAt);
  [64, 56, 2, 64, 4, 1].forEach((value, index) => view.setUint16(52 + index * 2, value, true));
  const segment = (at: number, flags: number, offset: number, address: number, size: number): void => {
    view.setUint32(at, 1, true);
    view.setUint32(at + 4, flags, true);
    u64(at + 8, offset);
    u64(at + 16, address);
    u64(at + 24, address);
    u64(at + 32, size);
    u64(at + 40, size);
    u64(at + 48, 0x1000);
  };
  segment(64, 5, 0, start, data);
  segment(64 + 56, 6, data, counter, 8);
  bytes.set(code, HEADERS);
  view.setInt32(HEADERS + counterDistanceAt, counter - (start + HEADERS + afterCounterDistance), true);
  bytes.set(content, notesAt);
  bytes.set(Buffer.from(SECTION_NAMES), stringsAt);
  const section = (index: number, name: number, type: number, address: number, offset: number, size: number): void => {
    const at = sectionsAt + index * 64;
    view.setUint32(at, name, true);
    view.setUint32(at + 4, type, true);
    u64(at + 16, address);
    u64(at + 24, offset);
    u64(at + 32, size);
  };
  section(1, names.strings, 3, 0, stringsAt, SECTION_NAMES.length);
  section(2, names.notes, 7, 0, notesAt, content.length);
  section(3, names.base, 1, start + HEADERS, HEADERS, 1);
  return bytes;
}

/** A note as `DTRACE_PROBE()` makes it. */
export function stapNote(
  note: {
    readonly provider: string;
    readonly name: string;
    readonly arguments: string;
    readonly location: bigint;
    readonly base: bigint;
    readonly semaphore: bigint;
  },
  word: 4 | 8 = 8,
  littleEndian = true,
): Uint8Array {
  const texts = Buffer.from(`${note.provider}\0${note.name}\0${note.arguments}\0`);
  const size = 3 * word + texts.length;
  const bytes = new Uint8Array(12 + 8 + Math.ceil(size / 4) * 4);
  const view = new DataView(bytes.buffer);
  [8, size, 3].forEach((value, index) => view.setUint32(index * 4, value, littleEndian));
  bytes.set(Buffer.from("stapsdt\0"), 12);
  [note.location, note.base, note.semaphore].forEach((value, index) => {
    if (word === 8) view.setBigUint64(20 + index * 8, value, littleEndian);
    else view.setUint32(20 + index * 4, Number(value), littleEndian);
  });
  bytes.set(texts, 20 + 3 * word);
  return bytes;
}
