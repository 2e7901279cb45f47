import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach } from "vitest";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** The script that `npx bpf-codegen` runs. */
export const commandPath: string = path("../packages/codegen/bin/bpf-codegen.cjs");

/** A fixture of the golden files: `"maps.el.o"`. */
export const goldenFixture = (name: string): Buffer => readFileSync(path(`golden/fixtures/${name}`));

/** What a run of the command left. */
interface CommandResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder to run the command in, new for each test, with the object `maps.bpf.o`. */
export interface CommandFolder {
  readonly path: string;
  run(args: readonly string[], input?: string | Buffer): CommandResult;
  read(name: string): string;
  write(name: string, content: string | Uint8Array): void;
}

/** To be called where tests are described. */
export function commandFolder(): CommandFolder {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "bpf-codegen-"));
    writeFileSync(join(folder, "maps.bpf.o"), goldenFixture("maps.el.o"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  return {
    get path() {
      return folder;
    },
    run(args, input = "") {
      const options = { cwd: folder, input, encoding: "utf8" } as const;
      const { status, stdout, stderr } = spawnSync(process.execPath, [commandPath, ...args], options);
      return { status, stdout, stderr };
    },
    read: (name) => readFileSync(join(folder, name), "utf8"),
    write: (name, content) => writeFileSync(join(folder, name), content),
  };
}
