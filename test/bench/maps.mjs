// Our side of `maps`.
//
//   maps COUNTERS RECORDS OPERATIONS
//
// Makes two hash maps with so many entries, and prints their ids: counters of 8 bytes, and records of 32, the structure of the example.
// Then it does the tasks that the lines on the input name.
import { execsnoop, Process } from "../../examples/dist/execsnoop/execsnoop.js";
import { ArrayMap, HashMap, u32, u64 } from "../../packages/loader/dist/index.js";
import { addon } from "../../packages/loader/dist/sys/index.js";
import { answer } from "./answer.mjs";
import { bytesAllocated } from "./allocations.mjs";

/** Reads of memory, which take no system call. */
const READS = 1_000_000;

const [counterCount, recordCount, operations] = process.argv.slice(2).map(Number);
const counters = HashMap.create({ key: u32, value: u64, maxEntries: counterCount });
const records = HashMap.create({ key: u32, value: Process, maxEntries: recordCount });
const array = ArrayMap.create({ value: u64, maxEntries: 1024, mapped: true });
const objects = await execsnoop.load();

function* counterEntries() {
  for (let key = 0; key < counterCount; key++) yield [key, BigInt(key)];
}
function* recordEntries() {
  for (let key = 0; key < recordCount; key++) {
    yield [key, { start: BigInt(key), ppid: key % 1000, uid: 1000, comm: "bench" }];
  }
}
const fill = () => counters.setMany(counterEntries());
fill();
records.setMany(recordEntries());
array.set(7, 1n);

const native = addon();
const slot = native.openMapSlot(native.dup(counters.fd));
const slotKey = new Uint32Array(slot.buffer, slot.keyOffset, 1);
const slotValue = new Uint32Array(slot.buffer, slot.valueOffset, 1);
const target = new Uint32Array(2);
const targetBytes = new Uint8Array(target.buffer);

/** Bytes of a value, into memory that is there. */
function getInto() {
  let checksum = 0;
  for (let i = 0; i < operations; i++) {
    counters.getInto(i % counterCount, targetBytes);
    checksum += target[0];
  }
  return checksum;
}

const tasks = {
  /** What users call: the value decoded. */
  lookup: [
    operations,
    () => {
      let checksum = 0n;
      for (let i = 0; i < operations; i++) checksum ^= counters.get(i % counterCount);
      return checksum;
    },
  ],
  /** The addon alone: key and value stay bytes. */
  slot: [
    operations,
    () => {
      let checksum = 0;
      for (let i = 0; i < operations; i++) {
        slotKey[0] = i % counterCount;
        if (native.mapLookup(slot.handle, 0) < 0) throw new Error("look-up failed");
        checksum += slotValue[0];
      }
      return checksum;
    },
  ],
  getInto: [operations, getInto],
  record: [
    operations,
    () => {
      let checksum = 0;
      for (let i = 0; i < operations; i++) checksum += records.get(i % recordCount).ppid;
      return checksum;
    },
  ],
  update: [
    operations,
    () => {
      let checksum = 0;
      for (let i = 0; i < operations; i++) checksum += counters.set(i % counterCount, 5n) ? 1 : 0;
      return checksum;
    },
  ],
  delete: [
    counterCount,
    () => {
      let checksum = 0;
      for (let key = 0; key < counterCount; key++) checksum += counters.delete(key) ? 1 : 0;
      return checksum;
    },
    fill,
  ],
  batch: [
    recordCount,
    () => {
      let checksum = 0;
      for (const batch of records.batches()) checksum += batch.length;
      return checksum;
    },
  ],
  batchDecoded: [
    recordCount,
    () => {
      let checksum = 0;
      for (const batch of records.batches()) {
        for (let index = 0; index < batch.length; index++) checksum += batch.key(index) ^ batch.value(index).ppid;
      }
      return checksum;
    },
  ],
  iterate: [
    recordCount,
    () => {
      let checksum = 0;
      for (const [key, record] of records) checksum += key ^ record.ppid;
      return checksum;
    },
  ],
  array: [
    READS,
    () => {
      let checksum = 0n;
      for (let i = 0; i < READS; i++) checksum |= array.get(i & 1023);
      return checksum;
    },
  ],
  variable: [
    READS,
    () => {
      let checksum = 0n;
      for (let i = 0; i < READS; i++) checksum |= objects.variables.execs;
      return checksum;
    },
  ],
};

console.log(`${counters.id} ${records.id} ${(await bytesAllocated(getInto)) / operations}`);
await answer(tasks);
objects.close();
for (const map of [counters, records, array]) map.close();
native.closeMapSlot(slot.handle);
