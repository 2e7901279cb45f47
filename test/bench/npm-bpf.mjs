// The side of the npm package `bpf`, on maps that others made.
//
//   npm-bpf FOLDER COUNTERS_ID RECORDS_ID OPERATIONS
//
// FOLDER has the package in its node_modules.
import { createRequire } from "node:module";
import { join } from "node:path";
import { answer } from "./answer.mjs";

const [folder, ...numbers] = process.argv.slice(2);
const [countersId, recordsId, operations] = numbers.map(Number);
const { ConvMap, openMap, RawMap } = createRequire(join(folder, "package.json"))("bpf");

const u32 = { parse: (bytes) => bytes.readUInt32LE(0), format: (bytes, value) => bytes.writeUInt32LE(value, 0) };
const u64 = { parse: (bytes) => bytes.readBigUInt64LE(0), format: (bytes, value) => bytes.writeBigUInt64LE(value, 0) };
const process_ = {
  parse: (bytes) => ({
    start: bytes.readBigUInt64LE(0),
    ppid: bytes.readUInt32LE(8),
    uid: bytes.readUInt32LE(12),
    comm: bytes.toString("utf8", 16, 16 + bytes.subarray(16, 32).indexOf(0)),
  }),
};
const counters = new ConvMap(openMap(countersId), u32, u64);
const records = new ConvMap(openMap(recordsId), u32, process_);
const rawRecords = new RawMap(openMap(recordsId));
const { maxEntries: counterCount } = counters.ref;
const { maxEntries: recordCount } = records.ref;

await answer({
  lookup: [
    operations,
    () => {
      let checksum = 0n;
      for (let i = 0; i < operations; i++) checksum ^= counters.get(i % counterCount);
      return checksum;
    },
  ],
  update: [
    operations,
    () => {
      for (let i = 0; i < operations; i++) counters.set(i % counterCount, 5n);
      return operations;
    },
  ],
  delete: [
    counterCount,
    () => {
      let checksum = 0;
      for (let key = 0; key < counterCount; key++) checksum += counters.delete(key) ? 1 : 0;
      return checksum;
    },
    () => {
      for (let key = 0; key < counterCount; key++) counters.set(key, BigInt(key));
    },
  ],
  batch: [
    recordCount,
    () => {
      let checksum = 0;
      for (const entries of rawRecords.getBatch(4096)) checksum += entries.length;
      return checksum;
    },
  ],
  batchDecoded: [
    recordCount,
    () => {
      let checksum = 0;
      for (const entries of records.getBatch(4096)) for (const [key, { ppid }] of entries) checksum += key ^ ppid;
      return checksum;
    },
  ],
  iterate: [
    recordCount,
    () => {
      let checksum = 0;
      for (const [key, { ppid }] of records.entries()) checksum += key ^ ppid;
      return checksum;
    },
  ],
});
