import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Instructions, linkFunctions } from "../asm/index.ts";
import { AttachType, ProgramFlag, ProgramType } from "../uapi/index.ts";
import { CollectionSpec } from "./collection-spec.ts";

describe.each(["el", "eb"])("programs of a %s object", (order) => {
  const parse = (name: string): CollectionSpec =>
    CollectionSpec.parse(readFileSync(new URL(`./fixtures/${name}.${order}.o`, import.meta.url)), name);
  const spec = parse("programs");
  const functionsOf = (name: string): readonly string[] => spec.programs.get(name)!.functions.map(({ name }) => name);

  it("come with the object's name, byte order, license and version", () => {
    expect(spec).toMatchObject({ name: "programs", littleEndian: order === "el", license: "GPL" });
    expect(spec.kernelVersion).toBe(0xfffffffe);
    expect(spec.programs.get("calls")).toMatchObject({ license: "GPL", kernelVersion: 0xfffffffe });
  });

  it("are the functions of all sections but .text, several of one, static ones too", () => {
    expect(Array.from(spec.programs.values(), ({ name, sectionName }) => `${sectionName} ${name}`)).toEqual([
      "socket calls",
      "socket shares",
      "socket pointers",
      "other callee",
      "?xdp optional",
      "tp_btf/sched_process_exec fields",
      "tracepoint/sched/sched_switch is_static",
      "lsm.s/file_open sleeps",
      "xdp.frags fragments",
    ]);
  });

  it("have what their section's name says", () => {
    expect(spec.programs.get("calls")).toMatchObject({ type: ProgramType.SOCKET_FILTER, attachTo: "", autoload: true });
    expect(spec.programs.get("callee")).toMatchObject({ type: ProgramType.UNSPEC, rule: undefined, autoload: true });
    expect(spec.programs.get("optional")).toMatchObject({
      type: ProgramType.XDP,
      attachType: AttachType.XDP,
      sectionName: "?xdp",
      autoload: false,
    });
    expect(spec.programs.get("fields")).toMatchObject({
      type: ProgramType.TRACING,
      attachType: AttachType.TRACE_RAW_TP,
      attachTo: "sched_process_exec",
    });
    expect(spec.programs.get("sleeps")).toMatchObject({ attachTo: "file_open", flags: ProgramFlag.SLEEPABLE });
    expect(spec.programs.get("fragments")).toMatchObject({ flags: ProgramFlag.XDP_HAS_FRAGS });
  });

  it("bring the functions that they call, each once, in the order of their first use", () => {
    expect(functionsOf("calls")).toEqual(["calls", "global", "local", "deepest", "replaceable", "hidden"]);
    expect(functionsOf("shares")).toEqual(["shares", "local", "deepest"]);
    expect(functionsOf("pointers")).toEqual(["pointers", "each_other", "deepest", "each"]);
    expect(functionsOf("optional")).toEqual(["optional", "callee"]);
    expect(functionsOf("sleeps")).toEqual(["sleeps"]);
  });

  it("share functions", () => {
    expect(spec.programs.get("shares")!.functions[1]).toBe(spec.programs.get("calls")!.functions[2]);
  });

  it("link to code in which every call ends at the start of a function", () => {
    for (const { functions } of spec.programs.values()) {
      const linked = linkFunctions(functions, spec.littleEndian);
      const starts = new Set(linked.functions.map(({ slot }) => slot));
      const instructions = new Instructions(linked.code, spec.littleEndian);
      for (let slot = 0; slot < instructions.slots; slot += instructions.isWide(slot) ? 2 : 1) {
        if (!instructions.isCall(slot) || instructions.source(slot) !== 1) continue;
        expect(starts).toContain(slot + 1 + instructions.immediate(slot));
      }
    }
    const linked = linkFunctions(spec.programs.get("pointers")!.functions, spec.littleEndian);
    expect(linked.references.map(({ kind, name }) => `${kind} ${name}`)).toEqual(["map seen", "map seen"]);
  });

  it("have the BTF of their functions, hidden ones as static", () => {
    const { btf } = spec;
    const linkage = (name: string): unknown => {
      const typeId = spec.programs.get("calls")!.functions.find((spec) => spec.name === name)!.typeId;
      const type = btf!.type(typeId);
      expect(type.name).toBe(name);
      return type.kind === "function" ? type.linkage : type.kind;
    };
    expect(linkage("calls")).toBe("global");
    expect(linkage("global")).toBe("global");
    expect(linkage("local")).toBe("static");
    expect(linkage("hidden")).toBe("static");
  });

  it("know the source line of every instruction", () => {
    const [entry, , local] = spec.programs.get("calls")!.functions;
    expect(entry!.lines[0]).toMatchObject({ slot: 0, file: "./programs.bpf.c" });
    expect(local!.lines.map(({ slot, text }) => [slot, text.trim()])).toContainEqual([1, "return deepest(value) + 1;"]);
    for (const { functions } of spec.programs.values()) {
      for (const { code, lines } of functions) {
        expect(lines[0]!.slot).toBe(0);
        expect(lines.every(({ slot }) => slot >= 0 && slot < code.length / 8)).toBe(true);
      }
    }
  });

  it("have relocations by field at the instructions that they are for", () => {
    const relocations = spec.programs.get("fields")!.functions[0]!.coreRelocations;
    expect(relocations.map(({ access, typeId }) => [spec.btf!.typeName(typeId), access])).toEqual([
      ["struct task_struct", "0:2"],
      ["struct task_struct", "0:1"],
      ["struct task_struct", "0:0"],
    ]);
    expect(relocations.every(({ slot, kind }) => Number.isInteger(slot) && kind === 0)).toBe(true);
    expect(spec.programs.get("calls")!.functions.flatMap(({ coreRelocations }) => coreRelocations)).toEqual([]);
  });

  it("leave the bytes that they were read from alone", () => {
    const bytes = readFileSync(new URL(`./fixtures/programs.${order}.o`, import.meta.url));
    const before = Uint8Array.from(bytes);
    const read = CollectionSpec.parse(bytes);
    for (const { functions } of read.programs.values()) for (const { code } of functions) code.fill(0);
    expect(Uint8Array.from(bytes)).toEqual(before);
  });

  describe("refer to what the kernel brings", () => {
    const externs = parse("externs");
    const references = (name: string): readonly unknown[] =>
      Array.from(externs.programs.get(name)!.functions[0]!.references, (reference) => ({
        ...reference,
        slot: undefined,
      }));
    const typeOf = (name: string): number => {
      const variable = externs.btf!.type(externs.btf!.find(name, "variable")!);
      return variable.kind === "variable" ? variable.typeId : 0;
    };

    it("its configuration, in a map of its own", () => {
      const offsets = new Map(externs.kconfig.map(({ name, offset }) => [name, offset]));
      const expected = ["LINUX_KERNEL_VERSION", "CONFIG_BPF_SYSCALL", "CONFIG_MODULES", "CONFIG_DEFAULT_HOSTNAME"].map(
        (name) => ({ kind: "mapValue", name: ".kconfig", offset: offsets.get(name) }),
      );
      expect(references("configuration")).toEqual(expect.arrayContaining(expected));
      expect(references("configuration")).toHaveLength(4);

      expect(new Set(externs.kconfig.map(({ name, size, weak }) => [name, size, weak]))).toEqual(
        new Set([
          ["CONFIG_BPF_SYSCALL", 1, false],
          ["CONFIG_DEFAULT_HOSTNAME", 16, true],
          ["CONFIG_MODULES", 4, true],
          ["LINUX_KERNEL_VERSION", 4, false],
        ]),
      );
      expect(externs.maps.get(".kconfig")).toMatchObject({ keySize: 4, valueSize: 25, maxEntries: 1, flags: 0x80 });
      expect(externs.maps.get(".kconfig")!.section).toMatchObject({ kind: "kconfig", content: new Uint8Array(25) });
      expect(externs.variables.size).toBe(0);
    });

    it("its variables, with and without type, strong and weak", () => {
      expect(references("symbols")).toEqual(
        expect.arrayContaining([
          { kind: "ksym", name: "bpf_init", weak: false, typeId: 0 },
          { kind: "ksym", name: "no_such_symbol", weak: true, typeId: 0 },
          { kind: "ksym", name: "runqueues", weak: false, typeId: typeOf("runqueues") },
        ]),
      );
      expect(references("symbols")).toHaveLength(3);
    });

    it("its functions, strong and weak, by call and by address", () => {
      expect(references("functions")).toEqual([
        { kind: "ksym", name: "bpf_maybe", weak: true, typeId: externs.btf!.find("bpf_maybe", "function") },
        { kind: "kfunc", name: "bpf_maybe", weak: true, typeId: externs.btf!.find("bpf_maybe", "function") },
        { kind: "kfunc", name: "bpf_known", weak: false, typeId: externs.btf!.find("bpf_known", "function") },
      ]);
    });

    it("and what nobody brings, by name", () => {
      expect(references("assembly")).toEqual([{ kind: "symbol", name: "MY_CONSTANT" }]);
      expect(references("forward")).toEqual([{ kind: "symbol", name: "declared_only" }]);
    });
  });
});
