// Our side of `lookup`: reads of a map and of a variable, on the example.
//
//   reads KEYS COUNT
//
// Prints the id of the map `processes`, filled with the u32 keys 0 to KEYS-1. Then, for each line on the input that names
// one of the tasks below, COUNT reads, and one line with the nanoseconds of one read and a checksum of all.
import { createInterface } from "node:readline";
import { execsnoop } from "../../examples/dist/execsnoop/execsnoop.js";
import { addon } from "../../packages/loader/dist/sys/index.js";

const [keys, count] = process.argv.slice(2).map(Number);
const objects = await execsnoop.load();
const { processes } = objects.maps;
for (let pid = 0; pid < keys; pid++) {
  processes.set(pid, { start: BigInt(pid), ppid: 1, uid: 1000, comm: "bench" });
}

const native = addon();
const slot = native.openMapSlot(native.dup(processes.fd));
const slotKey = new DataView(slot.buffer, slot.keyOffset);
const slotValue = new DataView(slot.buffer, slot.valueOffset);

/** Each reads `count` times and returns something made of all results, so that no read can be dropped. */
const tasks = {
  /** What users call: the value decoded to an object. */
  lookup() {
    let checksum = 0;
    for (let i = 0; i < count; i++) checksum += processes.get(i % keys).ppid;
    return checksum;
  },
  /** The addon alone: key and value stay bytes. */
  slot() {
    let checksum = 0;
    for (let i = 0; i < count; i++) {
      slotKey.setUint32(0, i % keys, true);
      if (native.mapLookup(slot.handle, 0) < 0) throw new Error("look-up failed");
      checksum += slotValue.getUint8(0);
    }
    return checksum;
  },
  variable() {
    let checksum = 0n;
    for (let i = 0; i < count; i++) checksum |= objects.variables.execs;
    return checksum;
  },
};

console.log(String(processes.id));
for await (const task of createInterface({ input: process.stdin })) {
  const start = performance.now();
  const checksum = tasks[task]();
  const nanoseconds = ((performance.now() - start) * 1e6) / count;
  console.log(`${nanoseconds.toFixed(1)} ${checksum}`);
}
objects.close();
