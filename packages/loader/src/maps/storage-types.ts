import { BtfBuilder } from "../btf/index.ts";
import { bpf, btfLoad, FileDescriptor } from "../sys/index.ts";
import { Command, MapFlag } from "../uapi/index.ts";
import type { MapTypeIds } from "./create-map.ts";
import { hostIsLittleEndian } from "./direct-read.ts";

/**
 * The kernel makes storages of objects only with types: an `int` for the key (bpf_local_storage_map_check_btf()), and something of the
 * value's size. These say no more than that, and `use` gets them.
 */
export function withStorageTypes<T>(valueSize: number, tokenFd: number | undefined, use: (types: MapTypeIds) => T): T {
  const builder = new BtfBuilder({ littleEndian: hostIsLittleEndian });
  const int = { kind: "int", char: false, bool: false, bitOffset: 0 } as const;
  const keyTypeId = builder.add({ ...int, name: "int", size: 4, signed: true, bits: 32 });
  const elementTypeId = builder.add({ ...int, name: "unsigned char", size: 1, signed: false, bits: 8 });
  const valueTypeId = builder.add({ kind: "array", elementTypeId, indexTypeId: keyTypeId, length: valueSize });
  const btf = builder.toBytes();
  const what = "types of a storage";
  const btfFlags = tokenFd === undefined ? 0 : MapFlag.TOKEN_FD;
  const values = { btf, btfSize: btf.length, btfFlags, btfTokenFd: tokenFd };
  const fd = new FileDescriptor(bpf(Command.BTF_LOAD, btfLoad, values, what), what);
  try {
    return use({ btfFd: fd.value, keyTypeId, valueTypeId });
  } finally {
    fd.close();
  }
}
