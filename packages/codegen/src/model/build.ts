import { BpfError, quoteName } from "bpf-loader/errors";
import type { Btf, TypeId } from "bpf-loader/btf";
import type { CollectionSpec, MapSpec, ProgramSpec } from "bpf-loader/spec";
import type { KernelTypes, TagRule, ValueRule } from "../config.ts";
import { DeclarationTags } from "./declaration-tags.ts";
import { findEventType, findTypes } from "./find-type.ts";
import { memberIdentifier, typeIdentifier } from "./identifier.ts";
import { addKernelTypes } from "./kernel-types.ts";
import { hasRecords, mapKindOf } from "./map-kinds.ts";
import { mapModel } from "./map-model.ts";
import { NameScope } from "./name-scope.ts";
import type { MapModel, ObjectModel, ProgramModel, VariableModel } from "./object-model.ts";
import { programTag } from "./program-tags.ts";
import { reservedAsProperty, reservedInModule } from "./reserved.ts";
import { TagRules } from "./tag-rules.ts";
import { typeModels } from "./type-models.ts";
import { nameTypes } from "./type-names.ts";
import { TypeTable } from "./type-table.ts";
import { TypeUses } from "./type-uses.ts";
import { ValueRules } from "./value-rules.ts";
import { variableModel } from "./variable-model.ts";

/** What the object does not say itself. */
export interface ModelOptions {
  /** The object file's name, without folders. */
  readonly file: string;
  /** Name of the exported object; default: {@link file} without its extension, in camel case. */
  readonly name?: string | undefined;
  /** C types to emit besides those that maps and variables use: `"event"`, `"struct event"`. */
  readonly types?: readonly string[] | undefined;
  /** Ring buffer → C type of its records. */
  readonly events?: ReadonlyMap<string, string> | undefined;
  /** What values are, where that is not what their C type makes them. */
  readonly values?: readonly ValueRule[] | undefined;
  /** The kernel's types to emit, and what has them. */
  readonly kernelTypes?: readonly KernelTypes[] | undefined;
  readonly kernelBtf?: Btf | undefined;
  /** Unions of which another member of their struct says which member is meant. */
  readonly tags?: readonly TagRule[] | undefined;
}

/**
 * Chooses the names and works out the types of everything in an object. The result depends on the object's contents and the
 * options only, not on the order in which either lists them.
 *
 * @throws BpfError `ERR_BPF_OBJECT_FORMAT` for an object without BTF, `ERR_BPF_NOT_FOUND` for a type or map of the options
 *   that it does not have and for a rule that matches nothing, `ERR_BPF_INVALID_ARGUMENT` for a name that is no identifier and a rule
 *   that does not fit its type.
 */
export function buildModel(spec: CollectionSpec, options: ModelOptions): ObjectModel {
  const { btf } = spec;
  if (btf === undefined)
    throw new BpfError("ERR_BPF_OBJECT_FORMAT", "it has no type information (BTF): compile it with clang -g");
  const module = new NameScope(reservedInModule);
  const identifier = module.take(objectIdentifier(options));
  const typeName = (what: string): string => module.take(`${typeIdentifier(identifier)}${what}`);
  const fieldsIdentifier = typeName("Fields");
  const useIdentifiers = {
    objects: typeName("Objects"),
    loadOptions: typeName("LoadOptions"),
    constants: typeName("Constants"),
    attachOptions: typeName("AttachOptions"),
  };

  const declarationTags = new DeclarationTags(btf);
  const rules = new ValueRules(btf, declarationTags, options.values ?? []);
  const tags = new TagRules(btf, declarationTags, options.tags ?? []);
  const table = new TypeTable(btf, rules);
  const uses = new TypeUses(table, tags);
  const maps = byName(spec.maps.values()).filter(({ section }) => section === undefined || section.kind === "arena");
  const variables = byName(spec.variables.values());
  const events = eventTypes(btf, maps, options.events);
  // Every use first: a name depends on all others that want it.
  const mapMakers = maps.map((map) => mapModel(uses, map, events.get(map.name)));
  const variableMakers = variables.map((variable) => variableModel(uses, variable, spec));
  for (const name of [...new Set(options.types)].sort())
    for (const typeId of findTypes(btf, name)) uses.addNamed(typeId, name);
  const kernel = kernelTable(options, btf.littleEndian);
  rules.check(kernel?.rules);
  tags.check();
  takeValueNames(module, table.valueNames, kernel?.valueNames);
  nameTypes(table, module);
  if (kernel !== undefined) nameTypes(kernel, module);

  const constants = variableMakers.filter(({ spec: { constant } }) => constant);
  const mutable = variableMakers.filter(({ spec: { constant } }) => !constant);
  const programs = byName(spec.programs.values());
  return {
    identifier,
    fieldsIdentifier,
    useIdentifiers,
    file: options.file,
    byteOrder: spec.littleEndian ? "little" : "big",
    license: spec.license,
    types: [...typeModels(table), ...(kernel === undefined ? [] : typeModels(kernel, table.valueNames))],
    programs: named(
      programs,
      ({ name }) => name,
      (program, property) => programModel(btf, program, property),
    ),
    maps: named(
      mapMakers,
      ({ spec: { name } }) => name,
      ({ make }, property): MapModel => make(property),
    ),
    constants: named(
      constants,
      ({ spec: { name } }) => name,
      ({ make }, property): VariableModel => make(property),
    ),
    variables: named(
      mutable,
      ({ spec: { name } }) => name,
      ({ make }, property): VariableModel => make(property),
    ),
    warnings: [...table.warnings, ...tags.warnings, ...(kernel?.warnings ?? [])],
  };
}

/** The kernel's types that were asked for. */
function kernelTable(
  { kernelTypes = [], kernelBtf, values = [] }: ModelOptions,
  littleEndian: boolean,
): TypeTable | undefined {
  if (kernelTypes.length === 0) return undefined;
  if (kernelBtf === undefined)
    throw new BpfError("ERR_BPF_INVALID_ARGUMENT", "for the kernel's types its BTF is needed: /sys/kernel/btf/vmlinux");
  if (kernelBtf.littleEndian !== littleEndian)
    throw new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      "the object and the kernel's BTF are for machines of another byte order each",
    );
  const none = new DeclarationTags(kernelBtf);
  const table = new TypeTable(kernelBtf, new ValueRules(kernelBtf, none, values));
  addKernelTypes(new TypeUses(table, new TagRules(kernelBtf, none, [])), kernelTypes);
  return table;
}

/** Before any type: what a rule asks for has the name that it says. */
function takeValueNames(
  module: NameScope,
  ofObject: TypeTable["valueNames"],
  ofKernel: TypeTable["valueNames"] = new Map(),
): void {
  for (const [name, base] of ofKernel)
    if ((ofObject.get(name) ?? base) !== base)
      throw new BpfError(
        "ERR_BPF_INVALID_ARGUMENT",
        `${quoteName(name)} is of two kinds, in the object and in the kernel`,
      );
  for (const name of new Set([...ofObject.keys(), ...ofKernel.keys()])) {
    if (module.take(name) === name) continue;
    const problem = `no value can be called ${quoteName(name)}: the object or what is in it is; choose another name with --name`;
    throw new BpfError("ERR_BPF_INVALID_ARGUMENT", problem);
  }
}

function objectIdentifier({ name, file }: ModelOptions): string {
  if (name === undefined) {
    const base = file.replace(/(?:\.bpf)?(?:\.tmp)?(?:\.(?:o|elf|obj|c))?$/i, "").replace(/\.bpf$/i, "");
    return /[A-Za-z0-9]/.test(base) ? memberIdentifier(base) : "object$";
  }
  if (!/^[A-Za-z_$][\w$]*$/.test(name) || reservedInModule.has(name)) {
    const problem = `the object can't be called ${quoteName(name)}: that is not a free TypeScript identifier`;
    throw new BpfError("ERR_BPF_INVALID_ARGUMENT", problem);
  }
  return name;
}

function eventTypes(
  btf: Btf,
  maps: readonly MapSpec[],
  events: ReadonlyMap<string, string> = new Map(),
): Map<string, TypeId> {
  const found = new Map<string, TypeId>();
  for (const [name, type] of events) {
    const map = maps.find((map) => map.name === name);
    const rings = maps.filter((map) => hasRecords(mapKindOf(map.type))).map((map) => quoteName(map.name));
    const hint =
      rings.length === 0
        ? "it has no ring buffer or perf event array"
        : `its ring buffers and perf event arrays are ${rings.join(", ")}`;
    if (map === undefined) throw new BpfError("ERR_BPF_NOT_FOUND", `the object has no map ${quoteName(name)}; ${hint}`);
    if (!hasRecords(mapKindOf(map.type)))
      throw new BpfError(
        "ERR_BPF_INVALID_ARGUMENT",
        `map ${quoteName(name)} is neither a ring buffer nor a perf event array; ${hint}`,
      );
    found.set(name, findEventType(btf, type));
  }
  return found;
}

function programModel(btf: Btf, program: ProgramSpec, property: string): ProgramModel {
  const { name, sectionName, rule, attachTo, autoload, functions } = program;
  return {
    property,
    cName: name,
    declaration: functionDeclaration(btf, functions[0]?.typeId ?? 0, name),
    sectionName,
    tag: programTag(rule, attachTo),
    instructions: functions.reduce((sum, { code }) => sum + code.length / 8, 0),
    autoload,
  };
}

/** In C; only the name of a function that BTF does not describe. */
function functionDeclaration(btf: Btf, typeId: TypeId, name: string): string {
  const type = typeId === 0 ? undefined : btf.type(typeId);
  const prototype = type?.kind === "function" ? btf.type(type.typeId) : undefined;
  if (prototype?.kind !== "functionPrototype") return name;
  const parameters = prototype.parameters.map((parameter) =>
    parameter.typeId === 0 ? "..." : btf.declaration(parameter.typeId, parameter.name),
  );
  return btf.declaration(
    prototype.returnTypeId,
    `${name}(${parameters.length === 0 ? "void" : parameters.join(", ")})`,
  );
}

/** The model of each, with a property name that no other has. */
function named<T, M>(things: readonly T[], nameOf: (thing: T) => string, make: (thing: T, property: string) => M): M[] {
  const properties = new NameScope(reservedAsProperty).takeAll(things.map(nameOf), memberIdentifier);
  return things.map((thing, index) => make(thing, properties[index] ?? ""));
}

/** By code units, so that no locale has a say. */
function byName<T extends { readonly name: string }>(values: Iterable<T>): T[] {
  return [...values].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
