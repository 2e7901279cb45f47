/**
 * Structures of functions, of `.struct_ops` and `.struct_ops.link`, as classes of programs.
 *
 * @module
 */

import { writeField } from "../codec/composite.ts";
import type { Codec } from "../codec/index.ts";
import { BpfError, quoteName } from "../errors/index.ts";
import type { StructOpsLink } from "../links/index.ts";
import type { StructOpsMap } from "../maps/index.ts";
import type { Program } from "../programs/index.ts";
import type { MapSpec } from "../spec/index.ts";

/** What generated code says of a structure. */
export interface StructureFields {
  /** Name of the program for each member that is a function. */
  readonly programs: { readonly [member: string]: string };
  /** The other members that can be given: numbers, flags, names. */
  readonly values: { readonly [member: string]: unknown };
}

/** A structure that was loaded: its programs by the members that they are. */
export interface Structure<P> {
  /** Its map, which can be pinned, and tells its state. */
  readonly map: StructOpsMap;
  readonly programs: P;
  /**
   * Registers the structure with the kernel, until the link is closed. Errors as for {@link StructOpsMap.attach}.
   */
  attach(): StructOpsLink;
}

/** What a {@link StructureFields} is at run time. */
export type StructureDefinition<S extends StructureFields> = {
  readonly programs: S["programs"];
  readonly values: {
    readonly [N in keyof S["values"]]: {
      /** Bytes from the start of the structure, as the object has it. */
      readonly offset: number;
      readonly codec: Codec<S["values"][N]>;
    };
  };
};

/** @internal */
export interface AnyStructure {
  readonly programs: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, { readonly offset: number; readonly codec: Codec<unknown> }>>;
}

/** {@link Structure} without its types. */
export class LoadedStructure {
  readonly map: StructOpsMap;
  readonly programs: Readonly<Record<string, Program | undefined>>;

  constructor(map: StructOpsMap, definition: AnyStructure, programs: Readonly<Record<string, Program | undefined>>) {
    this.map = map;
    this.programs = Object.fromEntries(
      Object.entries(definition.programs).map(([member, program]) => [member, programs[program]]),
    );
  }

  attach(): StructOpsLink {
    return this.map.attach();
  }
}

/**
 * Puts values into a structure that is about to be loaded.
 *
 * @param name of the structure in the generated module
 * @throws CodecError for a value that does not fit, BpfError `ERR_BPF_NOT_FOUND` for a member that can't be given
 */
export function setMembers(
  { structOps }: MapSpec,
  name: string,
  definition: AnyStructure,
  values: Readonly<Record<string, unknown>>,
): void {
  if (structOps === undefined) {
    throw new BpfError("ERR_BPF_INVALID_ARGUMENT", `map ${quoteName(name)} of the object is no structure of functions`);
  }
  const { buffer, byteOffset, byteLength } = structOps.content;
  const view = new DataView(buffer, byteOffset, byteLength);
  for (const [member, value] of Object.entries(values)) {
    const place = Object.hasOwn(definition.values, member) ? definition.values[member] : undefined;
    if (place === undefined) {
      const known = Object.keys(definition.values).map((known) => quoteName(known));
      const there = known.length === 0 ? "it has none" : `it has ${known.join(", ")}`;
      const problem = `structure ${quoteName(name)} has no member ${quoteName(member)} that can be given; ${there}`;
      throw new BpfError("ERR_BPF_NOT_FOUND", problem);
    }
    if (value !== undefined) writeField(place.codec, view, place.offset, value, `${name}.${member}`);
  }
}
