import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CollectionSpec } from "../spec/index.ts";
import { kernelConfigContent, parseConfig } from "./kernel-config.ts";
import type { KernelConfigSource } from "./kernel-config.ts";
import { findSymbols } from "./kernel-symbols.ts";

const config = [
  "# CONFIG_NOT_SET is not set",
  "CONFIG_BPF=y",
  "CONFIG_BPF_SYSCALL=m",
  "CONFIG_HZ=250",
  'CONFIG_NO_SUCH_TEXT="a text that is too long"',
  "CONFIG_OTHER=y",
].join("\n");

const source: KernelConfigSource = {
  version: () => 0x06_12_2c,
  hasCookie: () => true,
  hasSyscallWrapper: () => true,
  config: () => config,
};

const spec = CollectionSpec.parse(readFileSync(new URL("./fixtures/externs.el.o", import.meta.url)));
const size = spec.maps.get(".kconfig")?.valueSize ?? 0;

function content(text: string): (name: string) => Uint8Array {
  const bytes = kernelConfigContent(spec.kconfig, spec.btf!, size, { ...source, config: () => text });
  return (name) => {
    const variable = spec.kconfig.find((candidate) => candidate.name === name);
    return bytes.slice(variable?.offset, (variable?.offset ?? 0) + (variable?.size ?? 0));
  };
}

describe("kernelConfigContent", () => {
  it("writes values by the variables' types", () => {
    const value = content(config);
    expect([...value("LINUX_KERNEL_VERSION")]).toEqual([0x2c, 0x12, 0x06, 0]);
    expect([...value("LINUX_HAS_SYSCALL_WRAPPER")]).toEqual([1]);
    expect([...value("CONFIG_BPF")]).toEqual([1]);
    expect([...value("CONFIG_BPF_SYSCALL")]).toEqual([2, 0, 0, 0]);
    expect([...value("CONFIG_HZ")]).toEqual([250, 0, 0, 0]);
    expect([...value("CONFIG_NO_SUCH_THING")]).toEqual([0]);
    expect(new TextDecoder().decode(value("CONFIG_NO_SUCH_TEXT"))).toBe("a text \0");
  });

  it("takes the numbers 0 and 1 for a bool, as libbpf does", () => {
    expect([...content(config.replace("BPF=y", "BPF=1"))("CONFIG_BPF")]).toEqual([1]);
    expect([...content(config.replace("BPF=y", "BPF=0x0"))("CONFIG_BPF")]).toEqual([0]);
    expect(() => content(config.replace("BPF=y", "BPF=-1"))).toThrow(/"CONFIG_BPF".*an integer/);
  });

  it("names what is missing, and what does not fit", () => {
    expect(() => content(config.replace("CONFIG_HZ=250", ""))).toThrow(
      'extern "CONFIG_HZ": the kernel\'s configuration has no such setting; declare it __weak to get 0 instead',
    );
    expect(() => content(config.replace("=250", "=y"))).toThrow(
      /"CONFIG_HZ": the kernel's value "y" needs a variable that is bool/,
    );
    expect(() => content(config.replace("=250", "=0x100000000"))).toThrow(/a wider integer/);
    expect(() => content(config.replace("BPF=y", "BPF=m"))).toThrow(/"CONFIG_BPF".*enum libbpf_tristate or char/);
    expect(() => content(config.replace("BPF=y", 'BPF="y"'))).toThrow(/"CONFIG_BPF".*an array of char/);
    expect(() => content(config.replace("BPF=y", "BPF=7"))).toThrow(/"CONFIG_BPF".*an integer/);
  });
});

it("parseConfig takes what is wanted", () => {
  expect([...parseConfig(config, new Set(["CONFIG_HZ", "CONFIG_NOT_SET"]))]).toEqual([["CONFIG_HZ", "250"]]);
});

describe("findSymbols", () => {
  const kallsyms = [
    "ffffffff81000000 T _text",
    "ffffffff81000010 t start",
    "ffffffff81000020 T startup",
    "ffffffff81000030 d data.llvm.123456",
    "ffffffffc0000000 t of_module\t[some_module]",
    "ffffffff81000040 t twice",
    "ffffffff81000050 t twice",
    "",
  ].join("\n");

  it("finds whole names, of modules too", () => {
    const found = findSymbols(kallsyms, new Set(["start", "of_module", "data", "nothing", "_text"]));
    expect(Object.fromEntries(found)).toEqual({
      start: 0xffffffff81000010n,
      of_module: 0xffffffffc0000000n,
      data: 0xffffffff81000030n,
      _text: 0xffffffff81000000n,
    });
  });

  it("refuses what is ambiguous, or hidden from this process", () => {
    expect(() => findSymbols(kallsyms, new Set(["twice"]))).toThrow(/"twice" is ambiguous/);
    expect(() => findSymbols("0000000000000000 T _text\n", new Set(["_text"]))).toThrow(/kptr_restrict/);
  });
});
