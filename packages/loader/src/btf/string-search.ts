/**
 * Offsets at which a NUL-terminated name starts in a string section, also inside of longer strings, whose tails a
 * writer of BTF may share. Horspool's algorithm: it looks at about one byte in `name.length`.
 */
export function findNameOffsets(strings: Uint8Array, name: Uint8Array): readonly number[] {
  const last = name.length; // of the name and its NUL
  const shifts = new Uint32Array(256).fill(last + 1);
  for (let index = 0; index < last; index++) shifts[name[index] ?? 0] = last - index;

  const offsets: number[] = [];
  const end = strings.length;
  let at = last;
  while (at < end) {
    const byte = strings[at] ?? 0;
    if (byte === 0 && endsWith(strings, at, name)) offsets.push(at - last);
    at += shifts[byte] ?? 1;
  }
  return offsets;
}

function endsWith(bytes: Uint8Array, end: number, name: Uint8Array): boolean {
  const start = end - name.length;
  for (let index = name.length - 1; index >= 0; index--) {
    if (bytes[start + index] !== name[index]) return false;
  }
  return true;
}
