import { ipv4Prefix, u32, u64 } from "../../packages/loader/src/codec/index.ts";
import { loadCollectionSync } from "../../packages/loader/src/collection/index.ts";
import {
  ArenaMap,
  ArrayMap,
  BloomFilter,
  type BpfMap,
  DevMapHash,
  HashMap,
  InodeStorage,
  LpmTrie,
  MapArray,
  openMapById,
  openPinnedMap,
  PerCpuArrayMap,
  PerCpuHashMap,
  PerfEventArray,
  Queue,
  RingBuf,
  StackTraceMap,
  TaskStorage,
  UserRingBuf,
} from "../../packages/loader/src/maps/index.ts";
import { MapFlag } from "../../packages/loader/src/uapi/index.ts";
import { fixture, named, opened, type Operation } from "./operation.ts";

const newHash = (): HashMap<number, bigint> => HashMap.create({ key: u32, value: u64, maxEntries: 64 });

function filledHash(): HashMap<number, bigint> {
  const map = newHash();
  for (let key = 0; key < 8; key++) map.set(key, BigInt(key));
  return map;
}

/** Something done with a map that stays open. */
function withMap<M extends BpfMap>(name: string, create: () => M, use: (map: M) => unknown): Operation {
  return {
    name,
    prepare: ({ keep }) => {
      const map = keep(create());
      return () => void use(map);
    },
  };
}

/** Opening a map in some way. */
function openingMap(name: string, open: (map: HashMap<number, bigint>, path: string) => Disposable): Operation {
  return {
    name,
    prepare: ({ keep, pinPath }) => {
      const map = keep(newHash());
      const path = `${pinPath}/map`;
      map.pin(path);
      keep({ [Symbol.dispose]: () => map.unpin() });
      return () => open(map, path);
    },
  };
}

/** Reading what a program wrote into a buffer of a new collection. */
function reading<M extends BpfMap>(
  name: string,
  object: string,
  Class: abstract new (...given: never) => M,
  use: (map: M) => void | Promise<void>,
): Operation {
  return {
    name,
    prepare: () => {
      const spec = fixture(object);
      return async () => {
        const collection = loadCollectionSync(spec, { programs: ["produce"] });
        try {
          const map = named(collection.maps, "events");
          if (!(map instanceof Class)) throw new Error(`events is a ${map.constructor.name}`);
          const context = new Uint8Array(new BigUint64Array([3n, 0n, 0n]).buffer);
          named(collection.programs, "produce").run({ context });
          await use(map);
        } finally {
          collection.close();
        }
      };
    },
  };
}

function useQueue(queue: Queue<number>): void {
  queue.push(1);
  queue.peek();
  queue.pop();
}

function pushBytes(ring: UserRingBuf<Uint8Array>): void {
  ring.push(new Uint8Array(8));
}

export const mapOperations: readonly Operation[] = [
  { name: "create a hash map", prepare: () => newHash },
  {
    name: "create an array that is mapped",
    prepare: () => () => ArrayMap.create({ value: u64, maxEntries: 512, mapped: true }),
  },
  {
    name: "create a per-CPU hash map",
    prepare: () => () => PerCpuHashMap.create({ key: u32, value: u64, maxEntries: 4 }),
  },
  { name: "create a per-CPU array", prepare: () => () => PerCpuArrayMap.create({ value: u64, maxEntries: 4 }) },
  { name: "create a ring buffer", prepare: () => () => RingBuf.create({ size: 4096 }) },
  openingMap("open a map by its id", ({ id }) => HashMap.fromId(id, { key: u32, value: u64 })),
  openingMap("open a map by its pin", (_, path) => HashMap.fromPin(path, { key: u32, value: u64 })),
  openingMap("open a map by a descriptor", ({ fd }) => HashMap.fromFd(fd, { key: u32, value: u64 })),
  openingMap("open some map by its id", ({ id }) => openMapById(id)),
  openingMap("open some map by its pin", (_, path) => openPinnedMap(path)),
  openingMap("open a map twice", (map) => map.clone()),
  {
    name: "pin a map",
    prepare:
      ({ pinPath }) =>
      () =>
        opened(newHash(), (map) => {
          map.pin(`${pinPath}/first`);
          try {
            map.pin(`${pinPath}/second`);
          } finally {
            map.unpin();
          }
        }),
  },
  { name: "freeze a map", prepare: () => () => opened(newHash(), (map) => map.freeze()) },
  withMap("read and write entries", filledHash, (map) => {
    map.set(3, 4n);
    map.get(3);
    map.has(4);
    map.getAndDelete(3);
    map.delete(4);
  }),
  withMap("walk over entries", filledHash, (map) => [...map.entries(), ...map.keys(), ...map.values()]),
  withMap("clear a map", filledHash, (map) => map.clear()),
  withMap("write and read in batches", filledHash, (map) => {
    map.setMany([
      [20, 1n],
      [21, 2n],
    ]);
    for (const batch of map.batches()) for (const _ of batch) break;
    map.deleteMany([20, 21]);
    for (const _ of map.drain()) break;
  }),
  { name: "create a queue", prepare: () => () => opened(Queue.create({ value: u32, maxEntries: 4 }), useQueue) },
  {
    name: "create a bloom filter",
    prepare: () => () =>
      opened(BloomFilter.create({ value: u32, maxEntries: 4 }), (filter) => {
        filter.add(1);
        filter.has(1);
      }),
  },
  {
    name: "create a map that is pinned",
    prepare:
      ({ pinPath }) =>
      () => {
        const shape = { key: u32, value: u32, maxEntries: 1 };
        const map = HashMap.create({ ...shape, pinPath: `${pinPath}/created` });
        return opened(map, () => map.unpin());
      },
  },
  {
    name: "create a map of maps",
    prepare: () => () => {
      const inner = newHash();
      try {
        return opened(MapArray.create({ innerMap: inner, maxEntries: 2 }), (outer) => {
          outer.set(0, inner);
          outer.open(0)?.close();
        });
      } finally {
        inner.close();
      }
    },
  },
  { name: "create a user ring buffer", prepare: () => () => opened(UserRingBuf.create({ size: 4096 }), pushBytes) },
  { name: "create a perf event array", prepare: () => () => opened(PerfEventArray.create(), (map) => map.open()) },
  { name: "create a map of stacks", prepare: () => () => StackTraceMap.create({ maxEntries: 4 }) },
  {
    name: "create an arena",
    prepare: () => () => opened(ArenaMap.create({ maxEntries: 4, address: 1n << 44n }), (arena) => arena.bytes[0]),
  },
  openingMap("open an arena that is at its address", () => {
    const own = ArenaMap.create({ maxEntries: 1, address: 1n << 44n });
    try {
      const opened = ArenaMap.fromId(own.id);
      own.close();
      try {
        opened.bytes[0] = 1;
        return opened;
      } catch (error) {
        opened.close();
        throw error;
      }
    } finally {
      own.close();
    }
  }),
  withMap(
    "use a trie",
    () => LpmTrie.create({ key: ipv4Prefix, value: u32, maxEntries: 4 }),
    (routes) => {
      routes.set("10.0.0.0/8", 1);
      routes.get("10.1.2.3");
      for (const _ of routes.drain()) break;
    },
  ),
  withMap(
    "keep something for a process",
    () => TaskStorage.create({ value: u64 }),
    (tasks) => {
      tasks.set(process.pid, 1n);
      tasks.get(process.pid);
      tasks.delete(process.pid);
    },
  ),
  withMap(
    "keep something for a file",
    () => InodeStorage.create({ value: u64 }),
    (files) => {
      files.set("/proc/self/exe", 1n);
      files.get("/proc/self/exe");
      files.delete("/proc/self/exe");
    },
  ),
  withMap(
    "hold interfaces",
    () => DevMapHash.create({ maxEntries: 2 }),
    (devices) => {
      devices.set(7, "lo");
      devices.get(7);
      devices.delete(7);
    },
  ),
  {
    name: "be told which flag is wrong",
    prepare: () => () => {
      try {
        HashMap.create({ key: u32, value: u32, maxEntries: 1, flags: MapFlag.MMAPABLE }).close();
      } catch (error) {
        // It is what it is to say.
        if (!(error instanceof Error && error.message.includes("BPF_F_MMAPABLE"))) throw error;
      }
    },
  },
  reading("read a ring buffer", "events/fixtures/ring", RingBuf, (ring) => void ring.consume(() => undefined)),
  reading("iterate over a ring buffer", "events/fixtures/ring", RingBuf, async (ring) => {
    for await (const _ of ring) break;
  }),
  reading("read perf events", "events/fixtures/perf", PerfEventArray, (events) => {
    events.open({ bytesPerCpu: 4096 });
    events.consume(() => undefined);
  }),
  reading("iterate over perf events that are not there", "events/fixtures/perf", PerfEventArray, async (events) => {
    events.open({ bytesPerCpu: 4096 });
    await events.readable({ signal: AbortSignal.timeout(1) }).catch(() => undefined);
  }),
];
