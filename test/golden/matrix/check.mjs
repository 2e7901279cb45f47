// What generated modules do, whatever runs them: every codec and object is used, and a digest of the outcome printed.
import { createHash } from "node:crypto";

/** @param modules namespaces of generated modules */
export async function check(modules) {
  const digest = createHash("sha256");
  const counts = { modules: modules.length, codecs: 0, schemas: 0, objects: 0 };
  for (const module of modules) {
    for (const [name, value] of Object.entries(module).sort(([left], [right]) => (left < right ? -1 : 1))) {
      if (typeof value?.read === "function") {
        counts.codecs++;
        for (const fill of [0, 1, 0x41]) digest.update(`${name} ${rewritten(value, fill)}\n`);
      } else if (typeof value?.safeParse === "function") {
        counts.schemas++;
        digest.update(`${name} ${value.safeParse({}).success}\n`);
      } else if (typeof value?.spec === "function") {
        counts.objects++;
        const { programs, maps } = await value.spec();
        digest.update(`${name} ${value.name} ${[...programs.keys()].join()} ${[...maps.keys()].join()}\n`);
      } else if (typeof value?.from === "function") {
        counts.objects++;
        digest.update(`${name} ${value.name}\n`);
      } else
        digest.update(
          `${name} ${JSON.stringify(value, (_, part) => (typeof part === "bigint" ? `${part}n` : part))}\n`,
        );
    }
  }
  console.log(JSON.stringify({ ...counts, digest: digest.digest("hex") }));
}

/** Bytes that were read and written back. */
function rewritten(codec, fill) {
  const bytes = new Uint8Array(codec.size).fill(fill);
  const copy = new Uint8Array(codec.size);
  try {
    codec.write(new DataView(copy.buffer), 0, codec.read(new DataView(bytes.buffer), 0));
  } catch (error) {
    // Unions refuse what two of their members say.
    return error.message;
  }
  return Buffer.from(copy).toString("hex");
}
