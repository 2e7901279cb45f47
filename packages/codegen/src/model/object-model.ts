/**
 * What an object is in TypeScript: names chosen, types worked out, nothing printed. Plain data, which `--json` prints as
 * it is, with the number of its form: see `model-json.ts` for what may change under it.
 *
 * @module
 */

/** An object file and everything in it that generated code has a name for. */
export interface ObjectModel {
  /** Name of the exported object: `"execsnoop"`. */
  readonly identifier: string;
  /** Name of the interface of its fields: `"ExecsnoopFields"`. */
  readonly fieldsIdentifier: string;
  /** Names of the types of its use. */
  readonly useIdentifiers: UseIdentifiers;
  /** The file's name, without folders. */
  readonly file: string;
  /** Byte order of its values; `host` when there are objects for both and the machine decides. */
  readonly byteOrder: ByteOrder;
  readonly license: string;
  /** Types by dependency: each after those that it contains. */
  readonly types: readonly TypeModel[];
  /** Types that are declared in a module of their own, which others use as well; this one exports them too. */
  readonly shared?: readonly SharedTypeModel[];
  /** Sorted by the C name, as are the next three. */
  readonly programs: readonly ProgramModel[];
  readonly maps: readonly MapModel[];
  readonly constants: readonly VariableModel[];
  readonly variables: readonly VariableModel[];
  /** What has no better value than its bytes, a sentence each. */
  readonly warnings: readonly string[];
}

/** A type that is declared elsewhere. */
export interface SharedTypeModel {
  readonly identifier: string;
  /** Whether it is a type and nothing else: a brand. */
  readonly typeOnly: boolean;
}

/** Names of the types that say how an object is used. */
export interface UseIdentifiers {
  /** What it is when it is loaded: `"ExecsnoopObjects"`. */
  readonly objects: string;
  /** `"ExecsnoopLoadOptions"`. */
  readonly loadOptions: string;
  /** `"ExecsnoopConstants"`. */
  readonly constants: string;
  /** `"ExecsnoopAttachOptions"`. */
  readonly attachOptions: string;
}

/** How the bytes of a number are ordered. */
export type ByteOrder = "little" | "big" | "host";

/** A type that is declared in the generated file. */
export type TypeModel = CompositeModel | EnumModel | AliasModel | BrandModel | TaggedModel | ArrayModel;

/** A struct or union: an interface, and a codec of the same name. */
export interface CompositeModel {
  readonly kind: "struct" | "union";
  readonly identifier: string;
  /** False for an anonymous one inside another: it has a codec only, and no name of its own in C. */
  readonly exported: boolean;
  /** C spelling: `"struct event"`, `"flow_key_t"`, `"struct {...}"`. */
  readonly cName: string;
  /** There when it is the kernel's, and has only the members that were asked for. */
  readonly partOfKernel?: true;
  /** Bytes. */
  readonly size: number;
  /** Bytes. */
  readonly align: number;
  /** Properties of the value, in order of declaration, those of anonymous members included. */
  readonly fields: readonly FieldModel[];
  /** Of a struct: how its bytes are written, in ascending order. */
  readonly steps: readonly WriteStep[];
  /** Of a union: its members. */
  readonly members: readonly UnionMemberModel[];
}

/** One property of a struct's or union's value. */
export interface FieldModel {
  readonly property: string;
  readonly cName: string;
  /** Declaration in C: `"char comm[16]"`. */
  readonly declaration: string;
  /** Bytes from the start of the struct; of a bitfield, to the byte with its first bit. */
  readonly offset: number;
  readonly bitfield: BitfieldModel | undefined;
  readonly value: ValueModel;
}

/** Where a bitfield lies; counted as BTF does, see `Bitfield` in bpf-loader/codec. */
export interface BitfieldModel {
  readonly bitOffset: number;
  readonly bits: number;
  readonly signed: boolean;
  readonly value: "number" | "bigint" | "boolean";
}

/** One step of writing a struct. */
export type WriteStep =
  /** Padding, and bytes that bitfields are then written into. */
  | { readonly kind: "zero"; readonly offset: number; readonly length: number }
  /** Index into `fields`. */
  | { readonly kind: "field"; readonly offset: number; readonly field: number }
  /** An anonymous union, whose codec takes its members from the struct's own value. */
  | { readonly kind: "union"; readonly offset: number; readonly codec: string };

/** One member of a union. */
export type UnionMemberModel =
  | { readonly kind: "field"; readonly field: FieldModel }
  /** An anonymous struct or union: its properties are the union's own. */
  | { readonly kind: "anonymous"; readonly properties: readonly string[]; readonly codec: string };

/** An enum: an object with its constants, and a type of the same name. */
export interface EnumModel {
  readonly kind: "enum";
  readonly identifier: string;
  readonly cName: string;
  /** Bytes: 1, 2, 4 or 8. */
  readonly size: number;
  readonly signed: boolean;
  /** Decimal digits, so that 64-bit values are exact. */
  readonly constants: readonly { readonly name: string; readonly value: string }[];
}

/** A typedef of what is not named otherwise: a type, and a codec of the same name. */
export interface AliasModel {
  readonly kind: "alias";
  readonly identifier: string;
  /** The typedef in C: `"typedef __u64 nanoseconds"`. */
  readonly declaration: string;
  /** Bytes. */
  readonly size: number;
  readonly value: ValueModel;
}

/** A union as one of its members: a TypeScript union, and a codec of the same name, which needs the tag. */
export interface TaggedModel {
  readonly kind: "tagged";
  readonly identifier: string;
  /** Declaration in C: `"union {...} data"`. */
  readonly declaration: string;
  /** C spelling: `"union {...}"`. */
  readonly cName: string;
  /** Name of the struct that it is in. */
  readonly owner: string;
  /** Bytes. */
  readonly size: number;
  /** Bytes. */
  readonly align: number;
  /** Property that repeats the tag. */
  readonly tag: string;
  /** Property that has the bytes where the tag means no member. */
  readonly bytes: string;
  /** The enum that the tag is of. */
  readonly enumeration: string | undefined;
  /** Whether the tag is a bigint. */
  readonly wide: boolean;
  readonly cases: readonly TaggedCaseModel[];
}

/** One member of a tagged union. */
export interface TaggedCaseModel {
  /** Decimal digits. */
  readonly value: string;
  /** Constant of the enum. */
  readonly constant: string | undefined;
  readonly property: string;
  readonly member: ValueModel;
}

/** A brand of the user's: a type only, which takes plain values of `base`. */
export interface BrandModel {
  readonly kind: "brand";
  readonly identifier: string;
  readonly base: "number" | "bigint" | "string" | "Pointer";
}

/** Codec of an array, declared once for all members of that type. */
export interface ArrayModel {
  readonly kind: "array";
  readonly identifier: string;
  readonly element: ValueModel;
  /** Elements; 0 for a flexible array. */
  readonly length: number;
}

interface ValueBase {
  /** Bytes. */
  readonly size: number;
  /** Name of the alias that it is declared with. */
  readonly alias?: string;
  /** What a rule calls it: a {@link BrandModel}, or a brand of the runtime. */
  readonly brand?: string;
}

/** What a C type is as a value: see the table in bpf-loader's codec/shape.ts. */
export type ValueModel =
  | (ValueBase & {
      readonly kind: "int";
      readonly signed: boolean;
      /** Of 64 bits as a number: reading and writing refuse what a number can't be. */
      readonly checked?: true;
      /** Always this one, whatever the machine's is. */
      readonly order?: "big";
    })
  /** `enumeration` names an {@link EnumModel}. */
  | (ValueBase & { readonly kind: "enum"; readonly signed: boolean; readonly enumeration: string })
  | (ValueBase & { readonly kind: "bool" })
  | (ValueBase & { readonly kind: "float" })
  | (ValueBase & { readonly kind: "pointer" })
  | (ValueBase & { readonly kind: "string" })
  | (ValueBase & { readonly kind: "bytes"; readonly align: number; readonly cName: string })
  /** `codec` names an {@link ArrayModel}. */
  | (ValueBase & {
      readonly kind: "array";
      readonly element: ValueModel;
      readonly length: number;
      readonly codec: string;
    })
  /** `composite` names a {@link CompositeModel}; `checked` when reading it can fail, because of a number in it. */
  | (ValueBase & { readonly kind: "composite"; readonly composite: string; readonly checked?: true })
  /** `union` names a {@link TaggedModel}, `tag` a property of the same struct. */
  | (ValueBase & { readonly kind: "tagged"; readonly union: string; readonly tag: string; readonly checked?: true })
  /** Text of an address, for which the runtime has type and codec. */
  | (ValueBase & { readonly kind: "address"; readonly codec: "Ipv4" | "Ipv6" | "Mac" });

/** A map that the program refers to by name. */
export interface MapModel {
  readonly property: string;
  readonly cName: string;
  /** Class of the live map. */
  readonly kind: MapKind;
  /** `"BPF_MAP_TYPE_HASH"`. */
  readonly typeName: string;
  /** Entries; bytes for ring buffers. */
  readonly maxEntries: number;
  /** Names of the flags: `"BPF_F_NO_PREALLOC"`. */
  readonly flags: readonly string[];
  readonly pinned: boolean;
  /** False when it is not created unless asked for. */
  readonly autocreate: boolean;
  readonly key: MapSideModel | undefined;
  /** Of ring buffers and perf event arrays: their records. */
  readonly value: MapSideModel | undefined;
  /** Of a map of maps: those in it. */
  readonly inner: MapModel | undefined;
  /** Of a structure of functions: what is in it. */
  readonly structOps: StructOpsModel | undefined;
}

/** A structure of functions that the kernel calls. */
export interface StructOpsModel {
  /** In C: `"struct tcp_congestion_ops linked"`. */
  readonly declaration: string;
  readonly sectionName: string;
  /** Members that are functions. */
  readonly programs: readonly {
    readonly property: string;
    readonly cName: string;
    /** In C: `"__u32 (*ssthresh)(struct sock *sk)"`. */
    readonly declaration: string;
    /** Name of the program in C. */
    readonly program: string;
  }[];
  /** Members that are neither functions nor pointers, nor have any. */
  readonly values: readonly StructOpsValueModel[];
}

/** A member of a structure that can be given before it is loaded. */
export interface StructOpsValueModel {
  readonly property: string;
  readonly cName: string;
  /** In C: `"char name[16]"`. */
  readonly declaration: string;
  /** Bytes from the start of the structure. */
  readonly offset: number;
  /** Its value in the object, where it can be said in a few characters. */
  readonly initial: string | undefined;
  readonly value: ValueModel;
}

/** See `mapKinds`, which has a row for each. */
export type MapKind =
  | "hash"
  | "perCpuHash"
  | "array"
  | "perCpuArray"
  | "ringBuf"
  | "userRingBuf"
  | "perfEventArray"
  | "lpmTrie"
  | "queue"
  | "stack"
  | "bloomFilter"
  | "programArray"
  | "mapArray"
  | "mapHash"
  | "cgroupArray"
  | "devMap"
  | "devMapHash"
  | "cpuMap"
  | "xskMap"
  | "sockMap"
  | "sockHash"
  | "reuseportSockArray"
  | "socketStorage"
  | "taskStorage"
  | "inodeStorage"
  | "cgroupStorage"
  | "cgroupAttachmentStorage"
  | "perCpuCgroupAttachmentStorage"
  | "stackTrace"
  | "instructionArray"
  | "arena"
  | "structOps"
  | "plain";

/** Key or value of a map. */
export interface MapSideModel {
  /** Type in C; empty when only its size is known. */
  readonly declaration: string;
  readonly value: ValueModel;
}

/** A program. */
export interface ProgramModel {
  readonly property: string;
  readonly cName: string;
  /** In C: `"int on_exec(struct bpf_raw_tracepoint_args *ctx)"`. */
  readonly declaration: string;
  /** As in `SEC(…)`. */
  readonly sectionName: string;
  /** Its tag's type and the function that makes one. */
  readonly tag: ProgramTagModel;
  /** Instruction slots of 8 bytes, called functions included. */
  readonly instructions: number;
  /** False when it is not loaded unless asked for. */
  readonly autoload: boolean;
}

/** How a program of a section is attached, as the runtime names it. */
export interface ProgramTagModel {
  /** `"XdpTag"`. */
  readonly type: string;
  /** `"xdp"`. */
  readonly make: string;
}

/** A global variable. */
export interface VariableModel {
  readonly property: string;
  readonly cName: string;
  readonly sectionName: string;
  /** Declaration in C: `"const volatile __u32 target_uid"`. */
  readonly declaration: string;
  /** Its value in the object, where it can be said in a few characters. */
  readonly initial: string | undefined;
  readonly value: ValueModel;
}
