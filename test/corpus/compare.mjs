// Where libbpf and we differ on an object. A difference names what it is about, so that a decided one can be told exactly.

/** Data sections can be mapped into memory: libbpf says so when it opens an object, we when we create the map. */
const BPF_F_MMAPABLE = 1 << 10;

const PROGRAM_FIELDS = ["section", "type", "attachType", "autoload"];
const MAP_FIELDS = ["type", "keySize", "valueSize", "maxEntries", "flags", "numaNode", "mapExtra"];

/**
 * All differences between two reports of an object.
 * @returns {{ subject: string, field: string, libbpf: unknown, ours: unknown, why: string }[]}
 */
export function differences(libbpf, ours) {
  if (ours.crash === true) return [difference("object", "open", verdict(libbpf.open), "crashed", ours.why)];
  if (libbpf.open !== 0 || ours.open !== 0) {
    if (libbpf.open !== 0 && ours.open !== 0) return [];
    return [difference("object", "open", verdict(libbpf.open), verdict(ours.open), ours.why || libbpf.why)];
  }
  return [
    ...byName("map", libbpf.maps, ours.maps, compareMaps),
    ...byName("program", libbpf.programs, ours.programs, comparePrograms),
    ...(libbpf.all === undefined || ours.all === undefined ? [] : compareLoads("object", libbpf.all, ours.all)),
  ];
}

/** How many programs go to the kernel byte for byte alike, how many both load, and how many both refuse. */
export function loadCounts(libbpf, ours) {
  const programs = ours.open === 0 && libbpf.open === 0 ? libbpf.programs : [];
  const own = new Map((ours.programs ?? []).map((program) => [program.name, program]));
  const counts = { alike: 0, loaded: 0, refused: 0 };
  for (const program of programs) {
    const other = own.get(program.name);
    if (program.code !== undefined && program.code === other?.code) counts.alike++;
    if (other?.load === undefined || loads(program) !== loads(other)) continue;
    counts[loads(program) ? "loaded" : "refused"]++;
  }
  return counts;
}

function difference(subject, field, libbpf, ours, why = "") {
  return { subject, field, libbpf, ours, why };
}

function verdict(error) {
  return error === 0 ? "opened" : "refused";
}

function loads({ prepare = 0, load }) {
  return prepare === 0 && load === 0;
}

function byName(kind, libbpf, ours, compare) {
  const theirs = new Map(libbpf.map((item) => [item.name, item]));
  const own = new Map(ours.map((item) => [item.name, item]));
  return [...new Set([...theirs.keys(), ...own.keys()])].flatMap((name) => {
    const subject = `${kind} ${name}`;
    const [a, b] = [theirs.get(name), own.get(name)];
    if (a === undefined || b === undefined) {
      return [difference(subject, "present", a !== undefined, b !== undefined)];
    }
    return compare(subject, a, b);
  });
}

function compareFields(subject, fields, a, b) {
  return fields.filter((field) => a[field] !== b[field]).map((field) => difference(subject, field, a[field], b[field]));
}

function compareMaps(subject, a, b) {
  const normal = ({ flags, ...map }) => ({
    ...map,
    flags: subject.startsWith("map .") ? flags & ~BPF_F_MMAPABLE : flags,
  });
  const own = compareFields(subject, MAP_FIELDS, normal(a), normal(b));
  if (a.inner === undefined && b.inner === undefined) return own;
  if (a.inner === undefined || b.inner === undefined) {
    return [...own, difference(subject, "inner", a.inner !== undefined, b.inner !== undefined)];
  }
  return [...own, ...compareMaps(`${subject} inner`, a.inner, b.inner)];
}

function comparePrograms(subject, a, b) {
  const fields = compareFields(subject, PROGRAM_FIELDS, a, b);
  // Where libbpf fails before the verifier, it has not linked the program's functions.
  if (a.instructions !== undefined && a.instructions !== b.instructions) {
    fields.push(difference(subject, "instructions", a.instructions, b.instructions));
  } else if (a.code !== undefined && b.code !== undefined && a.code !== b.code) {
    fields.push(difference(subject, "code", a.code, b.code));
  }
  return b.load === undefined ? fields : [...fields, ...compareLoads(subject, a, b)];
}

function compareLoads(subject, a, b) {
  if (loads(a) === loads(b)) return [];
  const said = (report) => (loads(report) ? "loads" : "refused");
  return [difference(subject, "load", said(a), said(b), loads(a) ? b.why : `${a.prepare || a.load} ${a.why}`)];
}
