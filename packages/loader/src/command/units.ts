/** `"4.0 KiB"`; whole bytes below 1 KiB. */
export function bytesText(bytes: number | undefined): string | undefined {
  if (bytes === undefined) return undefined;
  if (bytes < 1024) return `${bytes} B`;
  let size = bytes / 1024;
  let unit = 0;
  while (size >= 1024 && unit < UNITS.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${size.toFixed(1)} ${UNITS[unit]}`;
}

const UNITS = ["KiB", "MiB", "GiB", "TiB"] as const;

/** A kernel's name without what all have in common: `"percpu_hash"` of `"BPF_MAP_TYPE_PERCPU_HASH"`. */
export function shortName(name: string): string {
  return name.replace(/^BPF_(?:MAP_TYPE_|PROG_TYPE_|LINK_TYPE_|F_)?/, "").toLowerCase();
}
