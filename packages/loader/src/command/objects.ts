import { btfObjects, maps, programs } from "../info/index.ts";
import { openById } from "../info/object-by-id.ts";
import type { NumberedKind } from "../info/object-by-id.ts";
import { openAnyPin } from "../links/pin.ts";
import type { FileDescriptor } from "../sys/index.ts";
import { OBJECT_NAME_LENGTH } from "../uapi/index.ts";
import { CommandError, UsageError } from "./errors.ts";

const titles: Readonly<Record<NumberedKind, string>> = {
  map: "map",
  program: "program",
  link: "link",
  btf: "BTF object",
};

/**
 * Opens what an argument names: an id; the path of a pin, which has a slash in it; or the name of a map, program or BTF object.
 *
 * @throws CommandError when there is none, or more than one of that name; UsageError when it names nothing; BpfError when it may not be
 *   opened
 */
export function openTarget(kind: NumberedKind, target: string): FileDescriptor {
  // Objects without a name would answer to it.
  if (target === "") throw new UsageError(`which ${titles[kind]}? Its name is empty`);
  if (/^\d+$/.test(target)) return openById(kind, numberOf(target));
  return target.includes("/") ? openPin(kind, target) : openById(kind, idOf(kind, target));
}

/** Ids are numbers of 32 bits, and calls take no others. */
function numberOf(digits: string): number {
  const id = Number(digits);
  if (id <= 0xffff_ffff) return id;
  throw new CommandError(`${digits} is no id: they have 32 bits`);
}

function openPin(kind: NumberedKind, path: string): FileDescriptor {
  const pinned = openAnyPin(path);
  if (pinned.kind === kind) return pinned.descriptor;
  pinned.descriptor.close();
  throw new CommandError(`what is pinned at ${path} is no ${titles[kind]} but a ${titles[pinned.kind]}`);
}

function idOf(kind: NumberedKind, name: string): number {
  const ids = [...named(kind)].flatMap((each) => (each.id !== undefined && fits(each.name, name) ? [each.id] : []));
  const [id] = ids;
  if (id === undefined) throw new CommandError(`there is no ${titles[kind]} with the name ${name}`);
  if (ids.length === 1) return id;
  throw new CommandError(`${ids.length} ${titles[kind]}s have the name ${name}; give the id of one: ${ids.join(", ")}`);
}

function named(kind: NumberedKind): Iterable<{ readonly id: number | undefined; readonly name: string | undefined }> {
  switch (kind) {
    case "map":
      return maps();
    case "program":
      return programs();
    case "btf":
      return btfObjects();
    case "link":
      throw new CommandError("a link has no name: give its id, or the path of its pin");
  }
}

/** The kernel keeps the start of a name. */
function fits(kept: string | undefined, name: string): boolean {
  const room = OBJECT_NAME_LENGTH - 1;
  return kept === name || (kept !== undefined && kept.length === room && kept === name.slice(0, room));
}
