import { beforeEach, describe, expect, it } from "vitest";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { requireKernel } from "../../../../test/kernel.ts";
import { Command, MapType, ProgramType } from "../uapi/index.ts";
import { addon } from "./addon.ts";
import { infoByFd, mapCreate, mapInfo, programInfo, programLoad, testRun } from "./attributes/index.ts";
import { bpf, objectInfo } from "./call.ts";
import { Errno } from "./errno.ts";
import { FileDescriptor } from "./file-descriptor.ts";
import { kernelIsAtLeast } from "./kernel.ts";
import { encode } from "./layout.ts";
import { callBpf, callBpfAsync, tryBpf, tryBpfAsync } from "./try-bpf.ts";

/** r0 = 2; exit */
const PASS = Uint8Array.of(0xb7, 0, 0, 0, 2, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0);
/** exit, without a value in r0 */
const BAD = Uint8Array.of(0x95, 0, 0, 0, 0, 0, 0, 0);
const MAP = { mapType: MapType.HASH, keySize: 4, valueSize: 8, maxEntries: 4, mapName: "flows" };
const program = (insns: Uint8Array, logBuf?: Uint8Array): object => ({
  progType: ProgramType.SCHED_CLS,
  insns,
  insnCnt: insns.length / 8,
  license: "GPL",
  progName: "classify",
  logBuf,
  logSize: logBuf?.length,
  logLevel: logBuf === undefined ? 0 : 1,
});

function withProgram(use: (fd: number) => void): void {
  using fd = new FileDescriptor(bpf(Command.PROG_LOAD, programLoad, program(PASS), "program"), "program");
  use(fd.value);
}

beforeEach(requireKernel);

describe("bpf", () => {
  it("creates a map that information tells about", () => {
    using fd = new FileDescriptor(bpf(Command.MAP_CREATE, mapCreate, MAP, "map"), "map");
    const { info } = objectInfo(fd.value, mapInfo, "map");
    expect(info).toMatchObject({ type: MapType.HASH, keySize: 4, valueSize: 8, maxEntries: 4, name: "flows" });
  });

  it("closes on exec, and closes only what it opened", () => {
    const fd = bpf(Command.MAP_CREATE, mapCreate, MAP, "map");
    expect(addon().close(fd)).toBe(0);
    expect(addon().close(fd)).toBe(-Errno.EBADF);
    expect(addon().close(0)).toBe(-Errno.EBADF);
    expect(addon().close(-1)).toBe(-Errno.EBADF);
    expect(addon().close(2 ** 31 - 1)).toBe(-Errno.EBADF);
  });

  it("gives -errno, and an error that names the object and the cause", () => {
    expect(tryBpf(Command.MAP_CREATE, mapCreate, { ...MAP, keySize: 0 })).toBe(-Errno.EINVAL);
    expect(() => bpf(Command.MAP_CREATE, mapCreate, { ...MAP, keySize: 0 }, 'map "flows"')).toThrow(
      'map "flows": BPF_MAP_CREATE failed with EINVAL (invalid argument)',
    );
  });

  it("gives the verifier's log, on this thread and on another", async () => {
    for (const load of [tryBpf, tryBpfAsync]) {
      const log = new Uint8Array(4096);
      expect(await load(Command.PROG_LOAD, programLoad, program(BAD, log))).toBe(-Errno.EACCES);
      expect(new TextDecoder().decode(log)).toContain("R0 !read_ok");
    }
  });

  it("reads results back from the attribute", async (context) => {
    context.skip(!kernelIsAtLeast("6.4"), "the size of the verifier's log came with Linux 6.4");
    const { result, attribute } = callBpf(Command.PROG_LOAD, programLoad, program(BAD, new Uint8Array(4096)));
    expect(result).toBe(-Errno.EACCES);
    expect(attribute.logTrueSize).toBeGreaterThan(10);
    const other = await callBpfAsync(Command.PROG_LOAD, programLoad, program(BAD, new Uint8Array(4096)));
    expect(other.attribute.logTrueSize).toBe(attribute.logTrueSize);
  });

  it("runs a program, in place and on the thread pool", async () => {
    using fd = new FileDescriptor(bpf(Command.PROG_LOAD, programLoad, program(PASS), "program"), "program");
    const dataIn = Uint8Array.from({ length: 64 }, (_, index) => index);
    for (const call of [callBpf, callBpfAsync]) {
      const dataOut = new Uint8Array(64);
      const values = { progFd: fd.value, dataIn, dataSizeIn: 64, dataOut, dataSizeOut: 64, repeat: 1 };
      const { result, attribute } = await call(Command.PROG_TEST_RUN, testRun, values);
      expect(result).toBe(0);
      expect(attribute.retval).toBe(2);
      expect(attribute.dataSizeOut).toBe(64);
      expect(dataOut).toEqual(dataIn);
    }
  });

  it("gives the kernel the descriptors that instructions name by an index", async (context) => {
    context.skip(!kernelIsAtLeast("5.14"), "arrays of descriptors came with Linux 5.14");
    using map = new FileDescriptor(bpf(Command.MAP_CREATE, mapCreate, MAP, "map"), "map");
    const load = (index: number): object => ({
      // r1 = map by index
      ...program(Uint8Array.of(0x18, 0x51, 0, 0, index, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ...PASS)),
      fdArray: new Uint8Array(Int32Array.of(0, map.value).buffer),
    });
    for (const call of [tryBpf, tryBpfAsync]) {
      new FileDescriptor(await call(Command.PROG_LOAD, programLoad, load(1)), "program").close();
      expect(await call(Command.PROG_LOAD, programLoad, load(0))).toBeLessThan(0);
      expect(await call(Command.PROG_LOAD, programLoad, load(2))).toBeLessThan(0);
    }
  });

  it("shows no address of the process", () => {
    const { bytes, pointers } = encode(programLoad, program(PASS));
    addon().close(addon().bpf(Command.PROG_LOAD, bytes, pointers));
    expect(new DataView(bytes.buffer).getBigUint64(8, true)).toBe(0n);
    expect(new DataView(bytes.buffer).getBigUint64(16, true)).toBe(0n);
  });

  it("loads many programs at a time on the thread pool and leaves nothing open", async () => {
    const before = openKernelObjects();
    const loads = Array.from({ length: 20 }, () => tryBpfAsync(Command.PROG_LOAD, programLoad, program(PASS)));
    for (const fd of await Promise.all(loads)) addon().close(fd);
    expect(openKernelObjects()).toEqual(before);
  });
});

describe("information with buffers inside", () => {
  it("is filled", () => {
    withProgram((fd) => {
      const xlatedProgInsns = new Uint8Array(256);
      const nrMapIds = 4;
      const values = { xlatedProgInsns, xlatedProgLen: 256, nrMapIds, mapIds: new Uint8Array(4 * nrMapIds) };
      const { info, bytes } = objectInfo(fd, programInfo, "program", values);
      expect(info).toMatchObject({ type: ProgramType.SCHED_CLS, name: "classify", nrMapIds: 0 });
      expect(info.xlatedProgLen).toBeGreaterThanOrEqual(16);
      expect(xlatedProgInsns.subarray(0, 2)).toEqual(Uint8Array.of(0xb7, 0));
      // The field that held the address.
      expect(bytes.subarray(32, 40)).toEqual(new Uint8Array(8));
    });
  });

  it("is refused when a buffer is shorter than its size field", () => {
    withProgram((fd) => {
      const values = { xlatedProgInsns: new Uint8Array(255), xlatedProgLen: 256 };
      expect(() => objectInfo(fd, programInfo, "program", values)).toThrow(RangeError);
    });
  });

  it("is refused when an address is smuggled in", () => {
    withProgram((fd) => {
      const info = new Uint8Array(232);
      new DataView(info.buffer).setBigUint64(32, 0x7fff_0000_0000n, true);
      new DataView(info.buffer).setUint32(20, 64, true);
      expect(() => tryBpf(Command.OBJ_GET_INFO_BY_FD, infoByFd, { bpfFd: fd, infoLen: 232, info })).toThrow(TypeError);
    });
  });

  it("is refused for an object of another kind", () => {
    using fd = new FileDescriptor(bpf(Command.MAP_CREATE, mapCreate, MAP, "map"), "map");
    const values = { xlatedProgInsns: new Uint8Array(256), xlatedProgLen: 256 };
    expect(() => objectInfo(fd.value, programInfo, "map", values)).toThrow(TypeError);
  });

  it("is refused for what is no object", () => {
    const info = encode(programInfo, { xlatedProgInsns: new Uint8Array(256), xlatedProgLen: 256 });
    expect(() => tryBpf(Command.OBJ_GET_INFO_BY_FD, infoByFd, { bpfFd: 0, infoLen: 232, info })).toThrow(TypeError);
    expect(tryBpf(Command.OBJ_GET_INFO_BY_FD, infoByFd, { bpfFd: 9999, infoLen: 232, info })).toBe(-Errno.EBADF);
  });
});

describe("wrong use", () => {
  const load = encode(programLoad, program(PASS));
  const { bpf: call, bpfAsync } = addonWhenLinux();

  it.each<readonly [string, new () => Error, () => unknown]>([
    ["no arguments", TypeError, () => Reflect.apply(call, undefined, [])],
    ["a command that is no number", TypeError, () => Reflect.apply(call, undefined, ["5", load.bytes, []])],
    ["a command that does not exist", TypeError, () => call(1000, load.bytes, [])],
    ["the attribute as a string", TypeError, () => Reflect.apply(call, undefined, [5, "x", []])],
    ["the attribute as a Uint16Array", TypeError, () => Reflect.apply(call, undefined, [5, new Uint16Array(9), []])],
    ["an attribute that is too long", RangeError, () => call(5, new Uint8Array(257), [])],
    ["no pointers", TypeError, () => Reflect.apply(call, undefined, [5, load.bytes])],
    ["a pointer without buffer", TypeError, () => Reflect.apply(call, undefined, [5, load.bytes, [[8]]])],
    ["a pointer that is no pair", TypeError, () => Reflect.apply(call, undefined, [5, load.bytes, [8]])],
    ["a pointer with a negative offset", TypeError, () => call(5, load.bytes, [[-8, PASS]])],
    ["a pointer behind the end", RangeError, () => call(5, new Uint8Array(8), [[8, PASS]])],
    ["the same pointer twice", TypeError, () => call(5, load.bytes, [...load.pointers, [8, PASS]])],
    ["pointers in a plain buffer", TypeError, () => call(5, load.bytes, [[8, PASS, [[0, PASS]]]])],
    ["lists without end", TypeError, () => call(15, infoAttribute(), endless())],
    ["fewer instructions than it says", RangeError, () => call(5, load.bytes, [[8, PASS.subarray(1)]])],
    ["a license without NUL", RangeError, () => call(5, load.bytes, [[16, Uint8Array.of(71)]])],
    ["a license without bytes", RangeError, () => call(5, load.bytes, [[16, new Uint8Array()]])],
    [
      "a log of more bytes than it has",
      RangeError,
      () => tryBpf(5, programLoad, { logBuf: PASS, logSize: 2 ** 32 - 1 }),
    ],
    [
      "records whose size overflows",
      RangeError,
      () => tryBpf(5, programLoad, { funcInfo: PASS, funcInfoCnt: 2 ** 32 - 1, funcInfoRecSize: 2 ** 32 - 1 }),
    ],
    ["an output without limit", RangeError, () => tryBpf(10, testRun, { dataOut: PASS, dataSizeOut: 0 })],
    ["a detached buffer", RangeError, () => call(5, load.bytes, [[8, detached()]])],
    ["an element command", TypeError, () => call(Command.MAP_LOOKUP_ELEM, new Uint8Array(32), [])],
    ["a batch command", TypeError, () => call(Command.MAP_LOOKUP_BATCH, new Uint8Array(56), [])],
    [
      "bytes behind what is known",
      TypeError,
      () =>
        call(
          Command.LINK_DETACH,
          Uint8Array.from({ length: 32 }, () => 1),
          [],
        ),
    ],
    ["a wrong use of the thread pool", TypeError, () => Reflect.apply(bpfAsync, undefined, [5, "x", []])],
  ])("throws for %s", (_what, type, use) => {
    expect(use).toThrow(type);
  });

  it("takes an error of a getter as it is", () => {
    const pointers = [[8, PASS]];
    Object.defineProperty(pointers, 0, {
      get(): never {
        throw new Error("mine");
      },
    });
    expect(() => Reflect.apply(call, undefined, [5, load.bytes, pointers])).toThrow("mine");
  });

  it("survives a list that detaches a buffer that was listed before", () => {
    const insns = PASS.slice();
    const pointers: unknown[] = [[8, insns]];
    Object.defineProperty(pointers, 1, {
      enumerable: true,
      get(): unknown {
        structuredClone(insns.buffer, { transfer: [insns.buffer] });
        return [16, Uint8Array.of(71, 80, 76, 0)];
      },
    });
    expect(() => Reflect.apply(call, undefined, [5, load.bytes, pointers])).toThrow(RangeError);
  });

  it("rejects when a buffer for results is detached during an asynchronous call", async () => {
    const log = new Uint8Array(4096);
    const pending = tryBpfAsync(Command.PROG_LOAD, programLoad, program(PASS, log));
    structuredClone(log.buffer, { transfer: [log.buffer] });
    const before = openKernelObjects().filter((name) => name.includes("bpf-prog")).length;
    await expect(pending).rejects.toThrow(RangeError);
    expect(openKernelObjects().filter((name) => name.includes("bpf-prog")).length).toBeLessThanOrEqual(before);
  });
});

/** The addon's functions, or ones that throw: this file is read where there is no addon, too, only to be skipped. */
function addonWhenLinux(): Pick<ReturnType<typeof addon>, "bpf" | "bpfAsync"> {
  return {
    bpf: (...rest) => addon().bpf(...rest),
    bpfAsync: (...rest) => addon().bpfAsync(...rest),
  };
}

function detached(): Uint8Array {
  const array = new Uint8Array(16);
  structuredClone(array.buffer, { transfer: [array.buffer] });
  return array;
}

function infoAttribute(): Uint8Array {
  return encode(infoByFd, { bpfFd: 0, infoLen: 16 }).bytes;
}

function endless(): [number, Uint8Array][] {
  const list: unknown[] = [];
  list.push([8, new Uint8Array(16), list]);
  return list as [number, Uint8Array][]; // wrong on purpose
}
