/** One option of a command. A table of these is what parses the arguments and what `--help` prints. */
export interface Flag {
  readonly type: "string" | "boolean";
  readonly short?: string;
  /** May be given more than once. */
  readonly multiple?: true;
  /** What stands for the value in the help: `FILE`. */
  readonly value?: string;
  /** What it does, in one line of the help. */
  readonly text: string;
}

/** Every option of `bpf-codegen`. */
export const flags = {
  out: {
    type: "string",
    short: "o",
    value: "FILE",
    text: "write to FILE, if that changes it; default: standard output",
  },
  "out-dir": {
    type: "string",
    value: "DIR",
    text: "write a module for each object to DIR, made if it is missing: DIR/prog.ts",
  },
  types: {
    type: "string",
    value: "FILE",
    text: "write types that several objects define alike to FILE, which their modules import",
  },
  "import-extension": {
    type: "string",
    value: "EXT",
    text: "how modules import one another: js (default), for compilers, or ts, for type stripping",
  },
  name: { type: "string", value: "NAME", text: "name of the exported object; default: the file's name in camel case" },
  type: { type: "string", multiple: true, value: "TYPE", text: "emit this C type as well; may be repeated" },
  event: {
    type: "string",
    multiple: true,
    value: "MAP=TYPE",
    text: "C type of the records of ring buffer MAP; may be repeated",
  },
  value: {
    type: "string",
    multiple: true,
    value: "NAME=AS",
    text: "what values of a type, or at struct.member, are: number, Ipv4, …; may be repeated",
  },
  tag: {
    type: "string",
    multiple: true,
    value: "UNION=MEMBER",
    text: "the member beside struct.UNION that says which of its members is meant; may be repeated",
  },
  zod: { type: "boolean", text: "write zod schemas of the types beside the module: prog.zod.ts" },
  "to-json": { type: "boolean", text: "write functions that make JSON of values beside the module: prog.json.ts" },
  "kernel-type": {
    type: "string",
    multiple: true,
    value: "TYPE:FIELDS",
    text: 'emit members of the kernel\'s TYPE: "task_struct: pid, se.vruntime"; may be repeated',
  },
  btf: {
    type: "string",
    value: "FILE",
    text: "the kernel's types, for --kernel-type; default: /sys/kernel/btf/vmlinux",
  },
  embed: {
    type: "string",
    value: "WHERE",
    text: "where the module has its object from: inline (default), file beside it, none: its user",
  },
  library: {
    type: "boolean",
    text: "bindings to a part of an object that somebody else loads: bind() in place of load()",
  },
  config: {
    type: "string",
    value: "FILE",
    text: "read what to write from FILE; default: bpf-codegen.config.{ts,js,json}",
  },
  check: { type: "boolean", text: "write nothing; exit code 1 and what is different when a file is not up to date" },
  watch: { type: "boolean", short: "w", text: "write, and again whenever an object or the configuration changes" },
  verify: { type: "boolean", text: "type-check what is written (needs the package ts-morph)" },
  json: { type: "boolean", text: "print what was found in the object as JSON instead of TypeScript" },
  cc: { type: "string", value: "COMMAND", text: "the compiler; default: BPF_CODEGEN_CC, or the clang that is found" },
  cflags: {
    type: "string",
    value: "FLAGS",
    text: "flags for it; default: BPF_CODEGEN_CFLAGS; those behind -- come after",
  },
  target: {
    type: "string",
    multiple: true,
    value: "LIST",
    text: "what to compile for: bpfel (default), bpfeb, native, x64, arm64, …; the module chooses",
  },
  makebase: {
    type: "string",
    value: "DIR",
    text: "write FILE.d, a rule for make, ninja with paths from DIR; default: BPF_CODEGEN_MAKEBASE",
  },
  help: { type: "boolean", short: "h", text: "print this" },
  version: { type: "boolean", short: "v", text: "print the version" },
} as const;

/** The text of `--help`. */
export function helpText(): string {
  return `Usage: bpf-codegen OBJECT [options]
       bpf-codegen SOURCE.c [options] [-- FLAGS]
       bpf-codegen OBJECT... --out-dir DIR [--types FILE]
       bpf-codegen [--config FILE]
       bpf-codegen link OBJECT... [-o FILE]
       bpf-codegen vmlinux [TYPE...] [-o FILE]

Prints TypeScript bindings for a compiled eBPF object (clang -target bpf -g), or for a C source, which it compiles.
OBJECT - is standard input. Without OBJECT, the modules of bpf-codegen.config.ts (.js, .json) are written:
  import { defineConfig } from "bpf-codegen";
  export default defineConfig({ modules: [{ input: "prog.bpf.o", output: "prog.ts" }] });

The command link makes one of several objects; vmlinux makes a C header of the kernel's types. Each has --help.

Options:
${optionLines(flags)}

Exit codes: 0 done, 1 the object or the configuration is at fault or a file is not up to date, 2 the arguments are.
`;
}

/** What a help says of its options, a line each. */
export function optionLines(table: Readonly<Record<string, Flag>>): string {
  const rows = Object.entries(table).map(([name, flag]) => [
    `${flag.short === undefined ? "    " : `-${flag.short}, `}--${name}${flag.value === undefined ? "" : ` ${flag.value}`}`,
    flag.text,
  ]);
  const width = Math.max(...rows.map(([left = ""]) => left.length));
  return rows.map(([left = "", text]) => `  ${left.padEnd(width)}  ${text}`).join("\n");
}
