import type { Link } from "../links/index.ts";
import type { StructOpsMap } from "../maps/index.ts";
import type { Program } from "../programs/index.ts";

/** Links that were made together. */
export class AttachedLinks implements Iterable<Link>, Disposable {
  readonly #links: readonly Link[];

  /** Takes ownership of the links. */
  constructor(links: readonly Link[]) {
    this.#links = links;
  }

  /** Number of links. */
  get size(): number {
    return this.#links.length;
  }

  [Symbol.iterator](): IterableIterator<Link> {
    return this.#links.values();
  }

  /** Closes all links, which detaches the programs. Idempotent. */
  close(): void {
    closeAll(this.#links);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Attaches every program whose section's name says where, and every structure of functions.
 *
 * @throws BpfError when one can't be attached; then none is.
 */
export function attachAll(
  programs: Iterable<Program>,
  structures: Iterable<Pick<StructOpsMap, "attach">> = [],
): AttachedLinks {
  const links: Link[] = [];
  try {
    for (const structure of structures) links.push(structure.attach());
    for (const program of programs)
      if (program.auto === "always" || (program.auto === "withTarget" && program.attachTo !== ""))
        links.push(program.attach());
  } catch (error) {
    closeAll(links);
    throw error;
  }
  return new AttachedLinks(links);
}

/** Closes every one, also when closing another fails. */
export function closeAll(things: Iterable<{ close(): void }>): void {
  let failed = false;
  let failure: unknown;
  for (const thing of things) {
    try {
      thing.close();
    } catch (error) {
      if (!failed) failure = error;
      failed = true;
    }
  }
  if (failed) throw failure;
}
