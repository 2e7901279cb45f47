// The kernel inside a bzImage. Uncompressed it starts at once (by PVH); its own decompressor takes long where a processor is emulated.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

/** First bytes of what a kernel is compressed with, and what undoes it. Bytes after the end make them fail, once they have written all. */
const FORMATS = [
  { magic: Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]), command: ["xz", "-dc", "--single-stream", "-q"] },
  { magic: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), command: ["zstd", "-dcq"] },
  { magic: Buffer.from([0x02, 0x21, 0x4c, 0x18]), command: ["lz4", "-dcq"] },
  { magic: Buffer.from([0x1f, 0x8b, 0x08]), command: ["gzip", "-dcq"] },
];
const ELF = Buffer.from("\x7fELF", "latin1");

/** Writes the ELF file that is in the bzImage `from` to `to`. */
export function extractKernel(from, to) {
  const image = readFileSync(from);
  for (const { magic, command } of FORMATS) {
    for (let at = image.indexOf(magic); at >= 0; at = image.indexOf(magic, at + 1)) {
      const [program, ...args] = command;
      const { stdout } = spawnSync(program, args, { input: image.subarray(at), maxBuffer: 2 ** 30 });
      if (stdout?.subarray(0, 4).equals(ELF)) {
        writeFileSync(to, stdout);
        return;
      }
    }
  }
  const names = FORMATS.map(({ command }) => command[0]).join(", ");
  throw new Error(`${from}: there is no kernel inside that is compressed with one of ${names}`);
}
