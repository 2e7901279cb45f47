/**
 * C names as TypeScript identifiers. Whatever a name holds, the result is made of ASCII letters, digits, `_` and `$`
 * only, so that a name can never end the place where it is printed.
 *
 * @module
 */

/** Longest identifier that is made from a name; the whole name stays in the C spelling beside it. */
const LONGEST = 120;

/**
 * The name as a member is called: `target_pid` → `targetPid`, `MAX_ENTRIES` → `maxEntries`, `CPUInfo` → `cpuInfo`.
 * A name without a letter or digit becomes `_`.
 */
export function memberIdentifier(name: string): string {
  const [first = "_", ...others] = words(name);
  return startSafely(
    first.replace(/^[A-Z]+(?![a-z])|^[A-Z]/, (start) => start.toLowerCase()) + joinWords(first, others),
  );
}

/** The name as a type is called: `flow_key` → `FlowKey`, `TCP_INFO` → `TcpInfo`, `u64_stats_t` → `U64StatsT`. */
export function typeIdentifier(name: string): string {
  const [first = "_", ...others] = words(name);
  return startSafely(capitalise(first) + joinWords(first, others));
}

/** The runs of letters and digits of a name; a name all in capitals is taken as if in small letters. */
function words(name: string): string[] {
  const shown = name.slice(0, LONGEST * 2);
  const found = (/[a-z]/.test(shown) ? shown : shown.toLowerCase()).match(/[A-Za-z0-9]+/g) ?? [];
  const kept: string[] = [];
  let length = 0;
  for (const word of found) {
    if (length >= LONGEST) break;
    kept.push(word.slice(0, LONGEST - length));
    length += word.length;
  }
  return kept;
}

/** `_` stays between two digits, so that `v1_2` and `v12` differ. */
function joinWords(first: string, others: readonly string[]): string {
  let before = first;
  let text = "";
  for (const word of others) {
    text += /\d$/.test(before) && /^\d/.test(word) ? `_${word}` : capitalise(word);
    before = word;
  }
  return text;
}

function capitalise(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function startSafely(identifier: string): string {
  return /^\d/.test(identifier) ? `_${identifier}` : identifier;
}
