/** `call`: the opcode of a call of a helper. */
const CALL = 0x85;
/** Stands for a map that was not created; no kernel has so many helpers. */
const MISSING_MAP = 2_001_500_000;
/** Slots of a load of a map. */
const SLOTS = 2;

/**
 * Makes the load of a map at `slot`, in 8-byte slots, a call of a helper that does not exist, so that the verifier refuses it if it is
 * ever reached. libbpf does the same.
 */
export function refuseMapLoad(code: Uint8Array, slot: number, littleEndian: boolean): void {
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  for (let at = slot * 8; at < (slot + SLOTS) * 8; at += 8) {
    view.setUint32(at, 0);
    view.setUint8(at, CALL);
    view.setInt32(at + 4, MISSING_MAP, littleEndian);
  }
}
