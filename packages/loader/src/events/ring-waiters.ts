import { addon, explainSyscall } from "../sys/index.ts";
import type { RecordCursor } from "./record-cursor.ts";

/** Somebody who wants a record. */
export interface Waiter {
  /** Takes what it wants, when the cursor has it; called with a fresh cursor. False: nothing there, keep waiting. */
  take(): boolean;
  /** Polling failed. */
  fail(error: unknown): void;
  /** The ring is closed. */
  end(): void;
}

/** What is polled for records. */
export interface Wakeup {
  readonly fd: number;
  /** For messages: `map "events"`. */
  readonly what: string;
  /**
   * The descriptor is readable once for each wake-up, whoever asks (perf_poll() in the kernel's kernel/events/core.c), and
   * polling asks when it begins. So the records are looked at once more after that.
   */
  readonly toldOnce: boolean;
}

/** Pause before looking again at a record that is being written: its program was interrupted, or sleeps. */
const BUSY_PAUSE_MS = 1;

/**
 * Those who wait for records of one ring, first come, first served. The descriptor is polled while somebody waits and at
 * no other time: records that nobody takes stay in the ring and wake nobody.
 */
export class RingWaiters {
  readonly #cursor: RecordCursor;
  readonly #wakeup: Wakeup;
  readonly #waiters: Waiter[] = [];
  /** Undoes what will call {@link serve}. */
  #disarm: (() => void) | undefined;
  #polling = false;

  constructor(cursor: RecordCursor, wakeup: Wakeup) {
    this.#cursor = cursor;
    this.#wakeup = wakeup;
  }

  /** True when nobody waits, so that a newcomer may read at once. */
  get idle(): boolean {
    return this.#waiters.length === 0;
  }

  /** Serves `waiter` as soon as there is a record and those before it are served. */
  add(waiter: Waiter): void {
    this.#waiters.push(waiter);
    if (this.#disarm === undefined) this.#poll();
  }

  /** Serves `waiter` after everything else that the event loop has to do by now. */
  addDeferred(waiter: Waiter): void {
    this.#waiters.push(waiter);
    if (this.#disarm !== undefined) return;
    const immediate = setImmediate(() => this.serve());
    this.#disarm = () => clearImmediate(immediate);
  }

  /** Forgets a waiter without telling it. */
  remove(waiter: Waiter): void {
    const index = this.#waiters.indexOf(waiter);
    if (index >= 0) this.#waiters.splice(index, 1);
    if (this.#waiters.length === 0) this.#stop();
  }

  /** Ends all waiting. */
  close(): void {
    this.#stop();
    for (const waiter of this.#waiters.splice(0)) waiter.end();
  }

  /** Gives those who wait what is there by now. */
  serve(): void {
    this.#cursor.refresh();
    // A waiter that is served may make others come or go.
    for (let waiter = this.#waiters[0]; waiter?.take() === true; waiter = this.#waiters[0]) {
      if (this.#waiters[0] === waiter) this.#waiters.shift();
      this.#cursor.refresh();
    }
    if (this.#waiters.length === 0) this.#stop();
    else if (this.#cursor.isBusy()) this.#pause();
    else if (!this.#polling) this.#poll();
  }

  #poll(): void {
    this.#stop();
    const { fd, what, toldOnce } = this.#wakeup;
    const handle = addon().startPoll(fd, (status) => {
      if (status < 0) this.#fail(explainSyscall(status, "poll", what));
      else this.serve();
    });
    if (handle < 0) return this.#fail(explainSyscall(handle, "poll", what));
    // Immediates run right after the event loop has begun to poll.
    const immediate = toldOnce ? setImmediate(() => this.serve()) : undefined;
    this.#polling = true;
    this.#disarm = () => {
      if (immediate !== undefined) clearImmediate(immediate);
      addon().stopPoll(handle);
    };
  }

  /** A busy record makes the descriptor readable, so polling would spin. */
  #pause(): void {
    this.#stop();
    const timer = setTimeout(() => this.serve(), BUSY_PAUSE_MS);
    this.#disarm = () => clearTimeout(timer);
  }

  #stop(): void {
    this.#disarm?.();
    this.#disarm = undefined;
    this.#polling = false;
  }

  #fail(error: unknown): void {
    this.#stop();
    for (const waiter of this.#waiters.splice(0)) waiter.fail(error);
  }
}
