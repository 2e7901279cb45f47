import { describe, expect, it } from "vitest";
import { MissingCapabilityError } from "../errors/index.ts";
import { KernelSymbols } from "./kernel-symbols.ts";

const text = (...lines: string[]): Buffer => Buffer.from(lines.map((line) => `${line}\n`).join(""));

const symbols = KernelSymbols.parse(
  text(
    "0000000000000000 A fixed_percpu_data",
    "ffffffff81000000 T _stext",
    "ffffffff81000000 T _text",
    "ffffffff81000100 t helper",
    "ffffffff81000200 D not_code",
    "ffffffffc0000010 t in_module\t[nf_tables]",
    "ffffffff81000300 W weak_one",
    "ffffffffc0001000 t bpf_prog_6deef7357e7b4530_count\t[bpf]",
    "nonsense",
    "",
    "ffffffff81000400 T",
  ),
);

describe("functions of the kernel", () => {
  it.each([
    [0xffffffff81000000n, "_stext", 0, undefined],
    [0xffffffff81000007n, "_stext", 7, undefined],
    [0xffffffff810001ffn, "helper", 0xff, undefined],
    [0xffffffff81000208n, "helper", 0x108, undefined],
    [0xffffffff81000300n, "weak_one", 0, undefined],
    [0xffffffffc0000020n, "in_module", 16, "nf_tables"],
    [0xffffffffc0001001n, "bpf_prog_6deef7357e7b4530_count", 1, "bpf"],
  ])("0x%x is in %s", (address, name, offset, module) => {
    expect(symbols.find(address)).toEqual({ name, offset, module });
  });

  it("are not below the first one", () => {
    expect(symbols.find(0n)).toBeUndefined();
    expect(symbols.find(0x7fff_0000_0000n)).toBeUndefined();
  });

  it("that are hidden are said to be", () => {
    const hidden = text("0000000000000000 T _text", "0000000000000000 t other\t[module]");
    expect(() => KernelSymbols.parse(hidden)).toThrow(MissingCapabilityError);
    expect(() => KernelSymbols.parse(hidden)).toThrow("kernel.kptr_restrict = 0");
  });

  it("of an empty file, and of one without a last line's end", () => {
    expect(KernelSymbols.parse(text()).find(1n)).toBeUndefined();
    expect(KernelSymbols.parse(Buffer.from("ff T name")).find(0xffn)).toEqual({
      name: "name",
      offset: 0,
      module: undefined,
    });
    expect(KernelSymbols.parse(Buffer.from("ff t name\t[m]")).find(0x100n)).toEqual({
      name: "name",
      offset: 1,
      module: "m",
    });
  });
});
