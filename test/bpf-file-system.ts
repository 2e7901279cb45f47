import { spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import type { TestContext } from "vitest";

/** A bpf file system of its own, for the tests of a file. */
export interface BpfFileSystem {
  readonly path: string;
  /** Skips a test where none can be mounted. */
  require(context: TestContext): void;
}

/** Mounts one before the first test of the file, and takes it away after the last. */
export function bpfFileSystem(): BpfFileSystem {
  const path = mkdtempSync(join(tmpdir(), "bpffs-"));
  let mounted = false;
  beforeAll(() => {
    mounted = spawnSync("mount", ["-t", "bpf", "bpf", path]).status === 0;
  });
  afterAll(() => {
    if (mounted) spawnSync("umount", [path]);
    rmdirSync(path);
  });
  return { path, require: (context) => context.skip(!mounted, "a bpf file system can't be mounted here") };
}
