/** What the compiler says about test runs of generated programs. Compiled, never run. */
import type {
  ArenaMap,
  BloomFilter,
  BpfMap,
  HashMap,
  MapSpec,
  Program,
  RunResult,
  SkLookupContext,
  UserRingBuf,
  Variable,
  XdpContext,
} from "bpf-loader";
import { ebpf, loadCollectionSpecFromBytes } from "bpf-loader";
import { u32, u64 } from "bpf-loader/codec";
import { expectTypeOf } from "vitest";
import { programs as programsObject } from "../golden/expected/programs.ts";

export async function testRuns(data: Uint8Array): Promise<void> {
  using objs = await programsObject.load();
  const { onXdp, onSkLookup, onSyscall, rawTracepointBound, onFentry, onTpBtf, kprobeBound } = objs.programs;

  const frame = onXdp.run({ data, context: { ingressIfindex: 1 }, repeat: 10 });
  expectTypeOf(frame.action).toEqualTypeOf<"aborted" | "drop" | "pass" | "tx" | "redirect" | undefined>();
  expectTypeOf(frame.context).toEqualTypeOf<XdpContext | undefined>();
  expectTypeOf(frame.duration).toEqualTypeOf<number>();
  onXdp.run({ data, liveFrames: true, batchSize: 32 });
  await onXdp.benchmark({ data, rounds: 3, signal: AbortSignal.timeout(1000) });
  // @ts-expect-error XDP needs a frame
  onXdp.run();
  // @ts-expect-error a field of another context
  onXdp.run({ data, context: { mark: 1 } });
  // @ts-expect-error XDP runs on no chosen CPU
  onXdp.run({ data, cpu: 1 });

  expectTypeOf(onSkLookup.run({ context: { family: 2 } }).context).toEqualTypeOf<SkLookupContext>();
  // @ts-expect-error a look-up has no packet
  onSkLookup.run({ data, context: {} });

  expectTypeOf(onSyscall.run({ context: data }).context).toEqualTypeOf<Uint8Array | undefined>();
  // @ts-expect-error the kernel does not time it
  await onSyscall.benchmark({ context: data });
  rawTracepointBound.run({ context: [1, 2n], cpu: 0 });
  expectTypeOf(onFentry.run().returnValue).toEqualTypeOf<number>();
  // @ts-expect-error the kernel runs no tp_btf programs on request
  onTpBtf.run();
  // @ts-expect-error nor kprobes
  kprobeBound.run();
  // @ts-expect-error nor measures them
  await kprobeBound.benchmark();

  // Any of them is a program.
  const all: readonly Program<never>[] = [onXdp, onSkLookup, onSyscall, rawTracepointBound, onTpBtf, kprobeBound];
  expectTypeOf(all[0]!.run()).toEqualTypeOf<RunResult>();
}

export async function optionalPrograms(bytes: Uint8Array): Promise<void> {
  using objs = await programsObject.load({ programs: { onFentry: "optional" } });
  expectTypeOf(objs.skipped.get("onFentry")?.message).toEqualTypeOf<string | undefined>();
  // @ts-expect-error a name that the object does not have
  objs.skipped.get("onFentri");
  // @ts-expect-error options have the module's names, not those in C
  await programsObject.load({ optionalPrograms: ["on_fentry"] });

  const spec = loadCollectionSpecFromBytes(bytes);
  using objects = await spec.loadAndAssign({
    wanted: ebpf.program("wanted"),
    maybe: ebpf.program("maybe", { optional: true }),
  });
  expectTypeOf(objects.wanted).toEqualTypeOf<Program>();
  expectTypeOf(objects.maybe).toEqualTypeOf<Program | undefined>();
  expectTypeOf(objects.skipped.get("maybe")?.message).toEqualTypeOf<string | undefined>();
  // @ts-expect-error it may be missing
  objects.maybe.close();
}

export async function optionalMaps(bytes: Uint8Array): Promise<void> {
  const spec = loadCollectionSpecFromBytes(bytes);
  const optional = true;
  using objects = await spec.loadAndAssign({
    wanted: ebpf.hashMap("wanted", u32, u64),
    filter: ebpf.bloomFilter("filter", u32, { optional }),
    commands: ebpf.userRingBuf("commands", undefined, { optional }),
    arena: ebpf.arenaMap("arena", { optional }),
    any: ebpf.map("any", { optional }),
    flows: ebpf.map("flows", u32, u64, { optional }),
    shared: ebpf.variable("shared", u32, { optional }),
    there: ebpf.map("there", u32, u64, { optional: false }),
  });
  expectTypeOf(objects.wanted).toEqualTypeOf<HashMap<number, bigint>>();
  expectTypeOf(objects.filter).toEqualTypeOf<BloomFilter<number> | undefined>();
  expectTypeOf(objects.commands).toEqualTypeOf<UserRingBuf<Uint8Array> | undefined>();
  expectTypeOf(objects.arena).toEqualTypeOf<ArenaMap | undefined>();
  expectTypeOf(objects.any).toEqualTypeOf<BpfMap | undefined>();
  expectTypeOf(objects.flows).toEqualTypeOf<HashMap<number, bigint> | undefined>();
  expectTypeOf(objects.shared).toEqualTypeOf<Variable<number> | undefined>();
  expectTypeOf(objects.there).toEqualTypeOf<HashMap<number, bigint>>();
  expectTypeOf(spec.assign({ filter: ebpf.bloomFilter("filter", u32, { optional }) }).filter).toEqualTypeOf<MapSpec>();
  await spec.load({ optionalMaps: ["filter"] });
  // @ts-expect-error it may be missing
  objects.filter.add(1);
  // @ts-expect-error an option that there is not
  ebpf.arenaMap("arena", { option: true });
}

/** The field's type has to say that it may be missing. */
export class Decorated {
  @ebpf(ebpf.bloomFilter("filter", u32, { optional: true })) accessor filter: BloomFilter<number> | undefined;
  // @ts-expect-error it may be missing
  @ebpf(ebpf.arenaMap("arena", { optional: true })) accessor arena!: ArenaMap;
}
