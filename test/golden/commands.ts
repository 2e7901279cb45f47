import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's folder. */
export const repository: string = fileURLToPath(new URL("../../", import.meta.url));

/** Runs a command that an installed package brings, and gives what it prints. */
export function runTool(packageName: string, name: string, args: readonly string[]): string {
  const folder = `${repository}node_modules/${packageName}/`;
  const { bin } = JSON.parse(readFileSync(`${folder}package.json`, "utf8")) as { bin: Record<string, string> };
  const { stdout, stderr } = spawnSync(process.execPath, [`${folder}${bin[name]}`, ...args], { encoding: "utf8" });
  return `${stdout}${stderr}`;
}

/** What a formatter of 120 columns says about the TypeScript in a folder; the repository's own settings leave it alone. */
export function checkFormat(folder: string): string {
  const copy = mkdtempSync(join(tmpdir(), "format-"));
  try {
    for (const name of readdirSync(folder))
      if (name.endsWith(".ts")) copyFileSync(join(folder, name), join(copy, name));
    const config = join(copy, ".oxfmtrc.json");
    writeFileSync(config, '{ "printWidth": 120 }\n');
    return runTool("oxfmt", "oxfmt", ["--check", "-c", config, copy]);
  } finally {
    rmSync(copy, { recursive: true });
  }
}
