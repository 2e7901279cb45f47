// Our side of oracle.c: the same JSON for the same object, from the built packages.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { linkFunctions } from "bpf-loader/asm";
import { CollectionSpec, loadCollectionSync } from "bpf-loader";
import { withDigest } from "./code-digest.mjs";

const BEFORE_THE_KERNEL = "refused before the kernel was asked";

function describeError(error) {
  const errno = error.errno ?? /\b(E[A-Z0-9]{2,})\b/.exec(error.message)?.[1];
  const stage = { ERR_BPF_VERIFIER: "verifier", ERR_BPF_SYSCALL: error.command }[error.code] ?? BEFORE_THE_KERNEL;
  const why = `${error.code ?? error.name}: ${error.message.split("\n", 3).join(" / ").slice(0, 400)}`;
  return { load: -1, errno, stage, why };
}

/** Loads some programs of an object, with maps, and closes them. */
function load(spec, choice) {
  try {
    loadCollectionSync(spec, choice).close();
    return { load: 0 };
  } catch (error) {
    return describeError(error);
  }
}

function describeMap(map) {
  const { type, keySize, valueSize, maxEntries, flags, numaNode, mapExtra, innerMap, pinning, tags, slots, extra } =
    map;
  return {
    type,
    keySize,
    valueSize,
    maxEntries,
    flags,
    numaNode,
    mapExtra: Number(mapExtra),
    pinning,
    tags,
    slots,
    extraBytes: extra.length,
    ...(innerMap === undefined ? {} : { inner: describeMap(innerMap) }),
  };
}

function describeObject(path, loads) {
  let spec;
  try {
    spec = CollectionSpec.parse(readFileSync(path), basename(path).split(".", 1)[0]);
  } catch (error) {
    // Only what the reader says of the object: anything else is a mistake of ours.
    if (error.code !== "ERR_BPF_OBJECT_FORMAT") return { open: -1, crash: true, why: error.stack };
    return { open: -1, why: error.message };
  }
  const maps = Array.from(spec.maps.values(), (map) => ({ name: map.name, ...describeMap(map) }));
  // Maps that are found in a file system from another object would not be this one's.
  for (const map of spec.maps.values()) map.pinning = "none";
  // A structure of functions brings all of its programs, where one alone is asked for.
  const others = [...spec.maps.keys()].filter((name) => spec.maps.get(name).structOps === undefined);
  const programs = Array.from(spec.programs.values(), (program) => ({
    name: program.name,
    // libbpf takes the mark of a program that isn't loaded unasked off its section's name.
    section: program.sectionName.replace(/^\?/, ""),
    type: program.type,
    attachType: program.attachType,
    autoload: program.autoload,
    instructions: linkFunctions(program.functions, spec.littleEndian).code.length / 8,
    ...(loads ? withDigest(program.name, () => load(spec, { programs: [program.name], maps: others })) : {}),
  }));
  const all = loads && programs.length !== 1 ? { all: load(spec, { programs: [...spec.programs.keys()] }) } : {};
  const variables = Array.from(spec.variables.values(), ({ name, sectionName, offset }) => ({
    name,
    section: sectionName,
    offset,
  }));
  return { open: 0, maps, programs, variables, ...all };
}

const [path, mode] = process.argv.slice(2);
console.log(JSON.stringify(describeObject(path, mode !== "--read")));
