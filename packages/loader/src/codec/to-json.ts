/**
 * Values that JSON has no form for, as text.
 *
 * @module
 */

/** Bytes that `String.fromCharCode` takes at once. */
const CHUNK = 0x2000;

/** In base64, with padding: RFC 4648. */
export function bytesToBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(text);
}

/** Two digits a byte, in small letters. */
export function bytesToHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** An address as `0xffff888100000000`. */
export function pointerToHex(address: bigint): string {
  return `0x${address.toString(16)}`;
}

/** A number where that is exact, else its decimal digits. */
export function bigintToJson(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}
