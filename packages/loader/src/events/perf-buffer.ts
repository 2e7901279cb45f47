/**
 * The perf events behind a perf event array: one for each CPU, with a ring that programs write to.
 *
 * @module
 */

import { SyscallError } from "../errors/index.ts";
import {
  addon,
  explainSyscall,
  FileDescriptor,
  onlineCpus,
  pageSize,
  PerfAttrFlag,
  perfEventIoctl,
  perfEventOpen,
  PerfSampleType,
  PerfSoftware,
  PerfType,
} from "../sys/index.ts";
import { PerfCursor } from "./perf-cursor.ts";
import type { PerfOrder } from "./perf-cursor.ts";
import { PerfRing } from "./perf-ring.ts";
import type { LostListener, PerfRingMemory } from "./perf-ring.ts";

/** How the rings of a perf event array are made. */
export interface PerfBufferShape {
  /** Bytes of data for each CPU: a power of two of pages. */
  readonly bytesPerCpu: number;
  /** Wake the reader at so many unread records, */
  readonly wakeupRecords: number;
  /** or, when not 0, at so many unread bytes. */
  readonly wakeupBytes: number;
  /** New records take the place of the oldest; nobody is woken. */
  readonly overwrite: boolean;
  readonly order: PerfOrder;
}

/** What the perf events are for. */
export interface PerfBufferTarget {
  /** For messages: `map "events"`. */
  readonly what: string;
  /** CPUs from this number on have no slot. */
  readonly slots: number;
  /** Puts an event into the slot of its CPU. */
  readonly set: (cpu: number, eventFd: number) => void;
  /** Empties a slot. */
  readonly clear: (cpu: number) => void;
}

interface CpuEvent {
  readonly cpu: number;
  readonly descriptor: FileDescriptor;
  memory: PerfRingMemory | undefined;
}

const CLOCK_MONOTONIC = 1;

/** Open rings of all CPUs that are online. Owns their events and memory, and the slots of the map. */
export class PerfBuffer {
  readonly cursor: PerfCursor;
  /** Readable when a ring wakes the reader. */
  readonly wakeup: FileDescriptor;
  readonly #target: PerfBufferTarget;
  readonly #events: readonly CpuEvent[];

  /** @throws BpfError; nothing is open then, and the map's slots are empty. */
  constructor(target: PerfBufferTarget, shape: PerfBufferShape, lost: LostListener) {
    const events: CpuEvent[] = [];
    this.#target = target;
    this.#events = events;
    try {
      for (const cpu of onlineCpus()) {
        if (cpu >= target.slots) continue;
        const event = openEvent(cpu, target.what, shape);
        if (event === undefined) continue;
        const opened: CpuEvent = { cpu, descriptor: event, memory: undefined };
        events.push(opened);
        opened.memory = mapRing(event, cpu, target.what, shape);
        perfEventIoctl(event, "ENABLE", 0);
        target.set(cpu, event.value);
      }
      this.wakeup = epollOf(events, target.what);
    } catch (error) {
      this.#release();
      throw error;
    }
    this.cursor = new PerfCursor(this.#memories(), shape.order, lost);
  }

  /** CPUs that have a ring. */
  get cpus(): readonly number[] {
    return this.#events.map(({ cpu }) => cpu);
  }

  /** Whether programs can write. While they can't, what they output is dropped: their helper returns -EAGAIN. Since Linux 4.7. */
  setPaused(paused: boolean): void {
    for (const { descriptor } of this.#events) perfEventIoctl(descriptor, "PAUSE_OUTPUT", paused ? 1 : 0);
  }

  /** A second look at each ring, for those that are written backwards. */
  rings(): readonly PerfRing[] {
    return this.#memories().map((memory) => new PerfRing(memory, () => undefined));
  }

  /** Gives everything back. */
  close(): void {
    this.cursor.close();
    this.wakeup.close();
    this.#release();
  }

  #memories(): readonly PerfRingMemory[] {
    return this.#events.flatMap(({ memory }) => (memory === undefined ? [] : [memory]));
  }

  #release(): void {
    for (const { cpu, descriptor, memory } of this.#events) {
      try {
        this.#target.clear(cpu);
      } catch {
        // The kernel empties it when the map's descriptor is closed (perf_event_fd_array_release).
      }
      if (memory !== undefined) addon().unmap(memory.buffer);
      descriptor.close();
    }
  }
}

/** `undefined` when the CPU went offline meanwhile. */
function openEvent(cpu: number, what: string, shape: PerfBufferShape): FileDescriptor | undefined {
  const byBytes = shape.wakeupBytes > 0;
  const timed = shape.order === "time";
  try {
    return perfEventOpen(
      {
        type: PerfType.SOFTWARE,
        config: PerfSoftware.BPF_OUTPUT,
        samplePeriod: 1,
        sampleType: PerfSampleType.RAW | (timed ? PerfSampleType.TIME : 0),
        flags:
          (byBytes ? PerfAttrFlag.WATERMARK : 0) |
          (timed ? PerfAttrFlag.USE_CLOCKID : 0) |
          (shape.overwrite ? PerfAttrFlag.WRITE_BACKWARD : 0),
        ...(byBytes ? { wakeupWatermark: shape.wakeupBytes } : { wakeupEvents: shape.wakeupRecords }),
        ...(timed ? { clockid: CLOCK_MONOTONIC } : {}),
      },
      { pid: -1, cpu },
      what,
    );
  } catch (error) {
    if (error instanceof SyscallError && error.errno === "ENODEV") return undefined;
    throw error;
  }
}

function mapRing(event: FileDescriptor, cpu: number, what: string, shape: PerfBufferShape): PerfRingMemory {
  const page = pageSize();
  // The kernel lets rings that nobody empties be overwritten: those that are mapped read-only.
  const buffer = addon().map(event.value, page + shape.bytesPerCpu, 0, !shape.overwrite);
  if (typeof buffer !== "number") return { cpu, buffer, pageSize: page, timed: shape.order === "time" };
  throw explainSyscall(buffer, "mmap", `ring of CPU ${cpu} of ${what}`, {
    hints: {
      EPERM:
        "it is more than kernel.perf_event_mlock_kb and RLIMIT_MEMLOCK allow without CAP_IPC_LOCK; choose fewer bytesPerCpu",
      ENOMEM: "there is no room for it; choose fewer bytesPerCpu",
    },
  });
}

function epollOf(events: readonly CpuEvent[], what: string): FileDescriptor {
  const fds = Int32Array.from(events, ({ descriptor }) => descriptor.value);
  const fd = addon().epoll(new Uint8Array(fds.buffer));
  if (fd < 0) throw explainSyscall(fd, "epoll_ctl", what);
  return new FileDescriptor(fd, `wake-up of ${what}`);
}
