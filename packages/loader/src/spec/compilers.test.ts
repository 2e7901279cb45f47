import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { linkFunctions } from "../asm/code.ts";
import { CollectionSpec } from "./collection-spec.ts";

const read = (name: string): CollectionSpec =>
  CollectionSpec.parse(readFileSync(new URL(`./fixtures/${name}.o`, import.meta.url)));

const sorted = (values: Iterable<unknown>): unknown[] => Array.from(values, (value) => JSON.stringify(value)).sort();

/** What an object says, without what compilers are free to choose: numbers of types, order, and the room between variables. */
function meaning({ btf, maps, variables, programs, kconfig, license, kernelVersion }: CollectionSpec): unknown {
  const typeName = (id: number): string | undefined => btf?.typeName(id);
  // gcc has the qualifiers in another order, and says "long int".
  const shown = (id: number): unknown => (btf === undefined ? id : [btf.resolve(id).kind, btf.sizeOf(id)]);
  return {
    license,
    kernelVersion,
    maps: sorted(
      Array.from(
        maps.values(),
        ({ name, type, keySize, valueSize, maxEntries, flags, keyTypeId, valueTypeId, section }) => ({
          name,
          type,
          keySize,
          valueSize: name === ".data" ? undefined : valueSize,
          maxEntries,
          flags,
          key: typeName(keyTypeId),
          value: btf?.type(valueTypeId).kind === "dataSection" ? "section" : typeName(valueTypeId),
          kind: section?.kind,
        }),
      ),
    ),
    variables: sorted(
      Array.from(variables.values(), ({ name, sectionName, size, typeId, constant, linkage }) => ({
        name,
        sectionName,
        size,
        type: shown(typeId),
        constant,
        linkage,
      })),
    ),
    kconfig: kconfig.map(({ name, offset, size, typeId, weak }) => [name, offset, size, typeName(typeId), weak]),
    programs: sorted(
      Array.from(programs.values(), ({ name, sectionName, type, attachTo, autoload, functions }) => ({
        name,
        sectionName,
        type,
        attachTo,
        autoload,
        functions: functions.map(({ name, typeId }) => [name, btf?.name(typeId)]),
        references: [
          ...new Set(
            sorted(
              functions.flatMap(({ references }) =>
                references.map((reference) => ({
                  ...reference,
                  slot: undefined,
                  typeId: "typeId" in reference ? btf?.name(reference.typeId) : undefined,
                })),
              ),
            ),
          ),
        ],
        relocations: [
          ...new Set(
            sorted(
              functions.flatMap(({ coreRelocations }) =>
                coreRelocations.map(({ typeId, access, kind }) => [typeName(typeId), access, kind]),
              ),
            ),
          ),
        ],
      })),
    ),
  };
}

describe.each(["el", "eb"])("an object of gcc, %s", (order) => {
  const [clang, gcc] = [read(`compilers.${order}`), read(`compilers.gcc.${order}`)];

  it("says what clang's says", () => {
    expect(meaning(gcc)).toEqual(meaning(clang));
    expect(["weak_one", "last"].map((name) => gcc.getVariable(name))).toEqual(
      ["weak_one", "last"].map((name) => clang.getVariable(name)),
    );
  });

  it("has code whose calls arrive, and lines", () => {
    for (const { functions } of gcc.programs.values()) {
      expect(linkFunctions(functions, gcc.littleEndian).references.map(({ kind }) => kind)).not.toContain("call");
      for (const { lines } of functions) {
        expect(lines[0]).toMatchObject({ slot: 0, file: expect.stringMatching(/compilers\.bpf\.c$/) });
      }
    }
  });
});
