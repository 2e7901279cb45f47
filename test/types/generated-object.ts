/**
 * What the compiler says about the use of a generated object. Compiled, never run: every `@ts-expect-error` is a mistake that
 * must not compile, and becomes an error itself when it does.
 */
import { loadObjectSync } from "bpf-loader";
import type { BpfObject, LoadOptions, Objects } from "bpf-loader/codegen-runtime/v1";
import { expectTypeOf } from "vitest";
import { Event } from "../golden/expected/events.ts";
import type { events as eventsObject, EventsFields } from "../golden/expected/events.ts";
import { library } from "../golden/expected/library.ts";
import { maps as mapsObject } from "../golden/expected/maps.ts";
import type { FlowKey, FlowStats } from "../golden/expected/maps.ts";
import { programs as programsObject } from "../golden/expected/programs.ts";
import type { ProgramsAttachOptions, ProgramsFields, ProgramsObjects } from "../golden/expected/programs.ts";
import { Address, Color } from "../golden/expected/types.ts";
import type { Nested, types as typesObject } from "../golden/expected/types.ts";
import { structOps$ } from "../golden/expected/struct-ops.ts";
import { Mode, variables as variablesObject } from "../golden/expected/variables.ts";
import type { VariablesConstants, VariablesLoadOptions, VariablesObjects } from "../golden/expected/variables.ts";

export async function constants(): Promise<void> {
  using objs = await variablesObject.load({
    constants: {
      targetPid: 1000,
      offsetNs: -1n,
      verbose: false,
      nameFilter: "init",
      mode: Mode.LOUD,
      table: [1, 2, 3, 4],
    },
  });
  await variablesObject.load({ constants: { targetPid: undefined } });
  await variablesObject.load();
  expectTypeOf(objs.constants.targetPid).toEqualTypeOf<number>();
  expectTypeOf(objs.constants.offsetNs).toEqualTypeOf<bigint>();
  expectTypeOf(objs.constants.nameFilter).toEqualTypeOf<string>();

  // @ts-expect-error a name that the object does not have
  await variablesObject.load({ constants: { targetPidd: 1 } });
  // @ts-expect-error the name in C, not in TypeScript
  await variablesObject.load({ constants: { target_pid: 1 } });
  // @ts-expect-error a string for a number
  await variablesObject.load({ constants: { targetPid: "1" } });
  // @ts-expect-error a number for 64 bits
  await variablesObject.load({ constants: { offsetNs: 1 } });
  // @ts-expect-error a variable is no constant
  await variablesObject.load({ constants: { counter: 1n } });
  // @ts-expect-error a member that the struct does not have
  await variablesObject.load({ constants: { limits: { soft: 1, hard: 2, medium: 3 } } });
  // @ts-expect-error a member is missing
  await variablesObject.load({ constants: { limits: { soft: 1 } } });
  // @ts-expect-error an option that does not exist
  await variablesObject.load({ constant: { targetPid: 1 } });
  // @ts-expect-error only loading in the background can be aborted
  loadObjectSync(variablesObject, { signal: AbortSignal.abort() });
  // @ts-expect-error constants can't be changed after loading
  objs.constants.targetPid = 2;
  // @ts-expect-error no constant of that name
  void objs.constants.targetPidd;
}

export function variables(objs: Awaited<ReturnType<typeof variablesObject.load>>): void {
  objs.variables.counter += 1n;
  objs.variables.lastName = "sh";
  objs.variables.current = { soft: 1, hard: 2 };
  expectTypeOf(objs.variables.counter).toEqualTypeOf<bigint>();
  expectTypeOf(objs.variables.histogram).toEqualTypeOf<number[]>();

  // @ts-expect-error a number for 64 bits
  objs.variables.counter += 1;
  // @ts-expect-error no variable of that name
  void objs.variables.countr;
  // @ts-expect-error a constant is no variable
  void objs.variables.targetPid;
  // @ts-expect-error a string for a struct
  objs.variables.current = "x";
  // @ts-expect-error variables of the object can't be replaced as a whole
  objs.variables = {};
}

export async function maps(objs: Awaited<ReturnType<typeof mapsObject.load>>): Promise<void> {
  const key: FlowKey = { saddr: 1, daddr: 2, sport: 3, dport: 4, proto: 6 };
  const stats: FlowStats | undefined = objs.maps.flows.get(key);
  objs.maps.flows.set(key, { packets: 1n, bytes: 2n });
  const total: bigint | undefined = objs.maps.totals.get(0);
  const each: readonly FlowStats[] | undefined = objs.maps.perCpuFlows.get(1);
  objs.maps.names.set("x", true);
  objs.maps.sizesOnly.set(new Uint8Array(12), new Uint8Array(24));
  for await (const event of objs.maps.events) {
    expectTypeOf(event).toEqualTypeOf<Event>();
    console.log(event.pid, event.comm.toUpperCase());
    break;
  }
  for await (const record of objs.maps.rawEvents) expectTypeOf(record).toEqualTypeOf<Uint8Array>();
  await mapsObject.load({ mapReplacements: { flows: objs.maps.flows } });
  void [stats, total, each];

  // @ts-expect-error no map of that name
  void objs.maps.flowz;
  // @ts-expect-error the name in C, not in TypeScript
  void objs.maps.lru_flows;
  // @ts-expect-error a key of another type
  objs.maps.flows.get(1);
  // @ts-expect-error a key without one of its members
  objs.maps.flows.get({ saddr: 1, daddr: 2, sport: 3, dport: 4 });
  // @ts-expect-error a string for a number
  objs.maps.perCpuFlows.get("1");
  // @ts-expect-error a value of another type
  objs.maps.flows.set(key, 1);
  // @ts-expect-error numbers for 64 bits
  objs.maps.flows.set(key, { packets: 1, bytes: 2 });
  // @ts-expect-error the value may not be there
  void objs.maps.flows.get(key).packets;
  // @ts-expect-error a map without a class of its own has no elements to get
  objs.maps.queue.get(1);
  // @ts-expect-error no map of that name to replace
  await mapsObject.load({ mapReplacements: { flowz: objs.maps.flows } });
  // @ts-expect-error not a map
  await mapsObject.load({ mapReplacements: { flows: 1 } });
}

export function programs(objs: Awaited<ReturnType<typeof programsObject.load>>): void {
  objs.programs.onXdp.attach({ interface: "lo" });
  objs.programs.onXdp.attach({ interface: 1, mode: "generic" });
  objs.programs.rawTracepointBound.attach();
  objs.programs.rawTracepointBound.attach({ cookie: 1n });
  objs.programs.rawTracepointUnbound.attach({ name: "sched_process_exec" });
  objs.programs.tracepointUnbound.attach({ category: "sched", name: "sched_switch" });
  objs.programs.kprobeUnbound.attach({ symbol: "do_exit" });
  objs.programs.onTpBtf.attach();
  using walk = objs.programs.onIter.attach({ pid: 1 });
  expectTypeOf(walk.read()).toEqualTypeOf<Uint8Array>();
  objs.programs.cgroupConnect.attach({ cgroup: "/sys/fs/cgroup" });
  objs.programs.optionalXdp?.attach({ interface: "lo" });
  loadObjectSync(programsObject, { programs: { optionalXdp: true, onXdp: false } });
  using links = objs.attach();
  for (const link of links) link.close();

  // @ts-expect-error the link of a raw tracepoint reads nothing
  objs.programs.rawTracepointBound.attach().read();
  // @ts-expect-error XDP needs an interface
  objs.programs.onXdp.attach();
  // @ts-expect-error XDP needs an interface
  objs.programs.onXdp.attach({});
  // @ts-expect-error a misspelt option
  objs.programs.onXdp.attach({ interfaces: "lo" });
  // @ts-expect-error an option of cgroup programs
  objs.programs.onXdp.attach({ interface: "lo", cgroup: "/sys/fs/cgroup" });
  // @ts-expect-error a mode that there is not
  objs.programs.onXdp.attach({ interface: "lo", mode: "fast" });
  // @ts-expect-error an option of XDP programs
  objs.programs.rawTracepointBound.attach({ interface: "lo" });
  // @ts-expect-error its section does not say which tracepoint
  objs.programs.rawTracepointUnbound.attach();
  // @ts-expect-error its section does not say which tracepoint, and the options don't either
  objs.programs.tracepointUnbound.attach({ cookie: 1n });
  // @ts-expect-error its section does not say which function
  objs.programs.kprobeUnbound.attach();
  // @ts-expect-error cgroup programs need a cgroup
  objs.programs.cgroupConnect.attach();
  // @ts-expect-error it is put into a map
  objs.programs.xdpDevmap.attach();
  // @ts-expect-error it is put into a map
  objs.programs.xdpDevmap.attach({ interface: "lo" });
  // @ts-expect-error it is run, not attached
  objs.programs.onSyscall.attach();
  // @ts-expect-error it may not be loaded
  objs.programs.optionalXdp.attach({ interface: "lo" });
  // @ts-expect-error no program of that name
  void objs.programs.onXdpp;
  // @ts-expect-error no program of that name
  loadObjectSync(programsObject, { programs: { onXdpp: true } });
}

/** Whether a program or map is there goes by what the options say of it. */
export async function missing(): Promise<void> {
  using plain = loadObjectSync(programsObject);
  expectTypeOf(plain.programs.onXdp).not.toBeNullable();
  expectTypeOf(plain.programs.optionalXdp).extract<undefined>().toBeUndefined();
  using asked = await programsObject.load({ programs: { optionalXdp: true, onFentry: "optional", onXdp: true } });
  asked.programs.optionalXdp.attach({ interface: "lo" });
  asked.programs.onXdp.attach({ interface: "lo" });
  asked.programs.onFentry?.attach();
  asked.programs.onTpBtf.attach();
  using without = loadObjectSync(mapsObject, { maps: { flows: true, lruFlows: false } });
  expectTypeOf(without.maps.flows).not.toBeNullable();
  const some: boolean = asked.skipped.size > 0;
  using unknown = loadObjectSync(programsObject, { programs: { onXdp: some } });
  const options: LoadOptions<ProgramsFields> = { programs: { onXdp: some } };
  using any = await programsObject.load(options);

  // @ts-expect-error this kernel may lack what it needs
  asked.programs.onFentry.attach();
  // @ts-expect-error it is not created
  void without.maps.lruFlows.get(1);
  // @ts-expect-error it may not be loaded
  unknown.programs.onXdp.attach({ interface: "lo" });
  // @ts-expect-error nobody knows which are loaded
  any.programs.onTpBtf.attach();
  using partly = await mapsObject.load({ maps: { flows: "optional", lruFlows: undefined } });
  partly.maps.flows?.delete({ saddr: 1, daddr: 2, sport: 3, dport: 4, proto: 6 });
  partly.maps.lruFlows.clear();
  expectTypeOf(partly.skipped.get("flows")?.message).toEqualTypeOf<string | undefined>();
  // @ts-expect-error this kernel may lack its type
  partly.maps.flows.clear();
  // @ts-expect-error no map of that name
  partly.skipped.get("flowz");
  // @ts-expect-error a word that says nothing of a map
  loadObjectSync(mapsObject, { maps: { flows: "required" } });
  // @ts-expect-error no map of that name, beside one that there is
  loadObjectSync(mapsObject, { maps: { flows: true, flowz: true } });
  // @ts-expect-error no program of that name, beside one that there is
  loadObjectSync(programsObject, { programs: { onXdp: true, onXdpp: true } });
}

const read = (objs: VariablesObjects): bigint => objs.variables.counter;
const use = (objs: ProgramsObjects): void => objs.close();

/** Types for those who pass options and loaded objects around. */
export async function passedAround(): Promise<void> {
  const constants = { targetPid: 1, verbose: true } satisfies VariablesConstants;
  const options: VariablesLoadOptions = { constants, pinPath: "/sys/fs/bpf" };
  using loaded = await variablesObject.load(options);
  read(loaded);
  const where = { interface: "lo", mode: "generic" } satisfies ProgramsAttachOptions["onXdp"];
  using objs = loadObjectSync(programsObject);
  objs.programs.onXdp.attach(where);
  expectTypeOf<ProgramsAttachOptions["onSyscall"]>().toBeNever();
  use(objs);
  use(loadObjectSync(programsObject, { programs: { optionalXdp: true } }));

  // @ts-expect-error no constant of that name
  void ({ targetPidd: 1 } satisfies VariablesConstants);
  // @ts-expect-error a string for a number
  void ({ targetPid: "1" } satisfies VariablesConstants);
  // @ts-expect-error an option of cgroup programs
  void ({ interface: "lo", cgroup: "/" } satisfies ProgramsAttachOptions["onXdp"]);
  // @ts-expect-error no program of that name
  void ({} satisfies ProgramsAttachOptions["onXdpp"]);
  // @ts-expect-error it has fewer programs than that function needs
  use(loadObjectSync(programsObject, { programs: { onXdp: "optional" } }));
}

export function structures(): void {
  using objs = loadObjectSync(structOps$, { structOps: { linked: { flags: 2, name: "x" } }, maps: { older: true } });
  expectTypeOf(objs.structOps.registered.programs.congAvoid).toEqualTypeOf<typeof objs.programs.avoid>();
  using link = objs.structOps.older.attach();
  expectTypeOf(link.closed).toBeBoolean();
  using others = loadObjectSync(structOps$, { programs: { avoid: false } });
  expectTypeOf(others.structOps.registered.programs.congAvoid).extract<undefined>().toBeUndefined();

  // @ts-expect-error it is created only when asked for
  others.structOps.older.attach();
  // @ts-expect-error no structure of that name
  loadObjectSync(structOps$, { structOps: { link: {} } });
  // @ts-expect-error a function is no value
  loadObjectSync(structOps$, { structOps: { linked: { ssthresh: 1 } } });
  // @ts-expect-error a number for a string
  loadObjectSync(structOps$, { structOps: { linked: { name: 1 } } });
  // @ts-expect-error that structure has none
  void objs.structOps.linked.programs.congAvoid;
  // @ts-expect-error an object without structures
  loadObjectSync(variablesObject, { structOps: {} });
  // @ts-expect-error an object without structures
  void loadObjectSync(variablesObject).structOps.linked;
}

export function libraries(host: VariablesObjects): void {
  using mine = library.bind(host);
  const total: bigint | undefined = mine.maps.counters.get(0)?.packets;
  mine.variables.limit += 1;
  mine.programs.read?.attach({ interface: "lo", direction: "ingress" });
  void total;

  // @ts-expect-error somebody else loads it
  library.load();
  // @ts-expect-error no map of that name
  void mine.maps.counter;
  // @ts-expect-error it may not be loaded
  mine.programs.read.attach({ interface: "lo", direction: "ingress" });
  // @ts-expect-error not a loaded object
  library.bind(42);
}

export function types(objs: Awaited<ReturnType<typeof typesObject.load>>): void {
  const color: Color = Color.GREEN;
  // Enums are open, as in C.
  const other: Color = 77;
  const address = Address.of({ v4: 1 });
  objs.maps.address.set(0, address);
  const nested: Nested | undefined = objs.maps.nested.get(0);
  objs.maps.number.set(0, 5);
  objs.maps.text.set(0, "x");
  objs.maps.grid.set(0, [
    [1, 2],
    [3, 4],
  ]);
  void [color, other, nested?.address.zone.group];

  // @ts-expect-error no member of that name
  Address.of({ v5: 1 });
  // @ts-expect-error a member of another type
  Address.of({ v4: "1" });
  // @ts-expect-error no constant of that name
  void Color.YELLOW;
  // @ts-expect-error a string for a number
  const wrong: Color = "GREEN";
  void wrong;
  // @ts-expect-error a number for a string
  objs.maps.text.set(0, 1);
  // @ts-expect-error any bigint is no pointer
  objs.maps.where.set(0, 1n);
}

export function eventsOfOptions(object: BpfObject<EventsFields>): Objects<EventsFields> {
  expectTypeOf(object).toEqualTypeOf<typeof eventsObject>();
  const objs = loadObjectSync(object);
  void (async () => {
    for await (const key of objs.maps.rawEvents) key.saddr += 1;
  });
  const size: number = Event.size;
  const read: Event = Event.read(new DataView(new ArrayBuffer(size)), 0);
  void read;
  // @ts-expect-error a codec is no value
  const event: Event = Event;
  void event;
  return objs;
}
