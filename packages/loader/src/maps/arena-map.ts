import { addon } from "../sys/index.ts";
import { MapType } from "../uapi/index.ts";
import { closedError } from "./map-handle.ts";
import { PlainMap } from "./plain-map.ts";
import type { VariableSection } from "./variable.ts";

/** An arena as memory of this process. */
export interface ArenaMemory {
  /** All of it. A page that nothing has touched costs nothing. */
  readonly buffer: ArrayBuffer;
  /** Where the object's variables start, in bytes. */
  readonly dataOffset: number;
}

/**
 * Memory that programs share with processes, with pointers in it: BPF_MAP_TYPE_ARENA (since Linux 6.9). Its variables are read
 * and written as those of other sections are.
 */
export class ArenaMap extends PlainMap {
  static readonly mapTypes: readonly MapType[] = [MapType.ARENA];

  #memory: ArenaMemory | undefined;
  #ownsMemory = false;

  /**
   * Gives it the memory that was mapped when it was loaded: the kernel maps an arena at one address only, and so once per process.
   * A clone has none.
   *
   * @param owned whether closing the map unmaps it
   * @internal
   */
  adopt(memory: ArenaMemory, owned: boolean): void {
    this.#memory = memory;
    this.#ownsMemory = owned;
  }

  /** @internal */
  get memory(): ArenaMemory | undefined {
    return this.#memory;
  }

  /**
   * What its variables are in; `undefined` without memory. Their offsets are from the start of the arena.
   *
   * @internal
   */
  variableSection(): VariableSection | undefined {
    const buffer = this.#memory?.buffer;
    if (buffer === undefined) return undefined;
    const isClosed = (): boolean => this.closed || buffer.byteLength === 0;
    return {
      name: this.name,
      valueSize: buffer.byteLength,
      get closed() {
        return isClosed();
      },
      mappedMemory: () => ({ buffer, writable: true }),
      elements: () => {
        throw closedError(this.handle.what);
      },
    };
  }

  override close(): void {
    const memory = this.#memory;
    this.#memory = undefined;
    if (memory !== undefined && this.#ownsMemory) addon().unmap(memory.buffer);
    super.close();
  }
}
