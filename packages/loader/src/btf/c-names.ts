/** Words that C gives a meaning: those of C11, those that C23 adds, and GNU's. */
const KEYWORDS: ReadonlySet<string> = new Set(
  (
    "auto break case char const continue default do double else enum extern float for goto if inline int long register " +
    "restrict return short signed sizeof static struct switch typedef union unsigned void volatile while _Alignas _Alignof " +
    "_Atomic _Bool _Complex _Generic _Imaginary _Noreturn _Static_assert _Thread_local _BitInt _Decimal32 _Decimal64 " +
    "_Decimal128 _Float16 _Float32 _Float64 _Float128 alignas alignof constexpr nullptr static_assert thread_local typeof " +
    "typeof_unqual asm __asm __asm__ __typeof __typeof__ __attribute __attribute__ __extension__ __inline __inline__ " +
    "__const __const__ __volatile __volatile__ __restrict __restrict__ __signed __signed__ __alignof __alignof__ __label__ " +
    "__real __real__ __imag __imag__ __thread __auto_type __func__ __FUNCTION__ __PRETTY_FUNCTION__ __int128 __int128_t " +
    "__uint128_t __fp16 __bf16 __float128 __ibm128 __null __nullptr __bool __vector __pixel __complex__ __complex " +
    "__FILE__ __LINE__ __DATE__ __TIME__ __COUNTER__ __VA_ARGS__ __VA_OPT__ __has_include __has_attribute defined _Pragma"
  ).split(" "),
);

/** Compilers declare these themselves, and not always as the kernel's compiler did. */
const BUILT_IN = /^__(?:builtin|sync|atomic|c11_atomic)_/;

const PLAIN = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * A name as C takes it for an identifier: what is none, such as names of C++ or Rust and names that were made to be read as
 * code, has its other characters replaced by `_`; words with a meaning get a `_` behind them.
 */
export function cIdentifier(name: string): string {
  if (!PLAIN.test(name)) {
    const replaced = name.replace(/[^A-Za-z0-9_]/g, "_");
    return cIdentifier(/^\d/.test(replaced) || replaced === "" ? `_${replaced}` : replaced);
  }
  return KEYWORDS.has(name) || BUILT_IN.test(name) ? `${name}_` : name;
}

/** Names that are taken in one of C's name spaces. */
export class CNameSpace {
  /** How often each was asked for. */
  readonly #taken = new Map<string, number>();

  has(name: string): boolean {
    return this.#taken.has(name);
  }

  /**
   * Takes a name: the first to ask gets it as it is, the others `name___2`, `name___3`, which CO-RE reads as flavours
   * of the same.
   */
  take(name: string): string {
    const identifier = cIdentifier(name);
    let count = (this.#taken.get(identifier) ?? 0) + 1;
    let free = identifier;
    if (count > 1) {
      while (this.#taken.has((free = `${identifier}___${count}`))) count++;
      this.#taken.set(free, 1);
    }
    this.#taken.set(identifier, count);
    return free;
  }
}

/** Text between double quotes in C: nothing of it ends the string, starts an escape or steers a terminal. */
export function cStringLiteral(text: string): string {
  let literal = "";
  for (const byte of new TextEncoder().encode(text)) {
    const isPlain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c && byte !== 0x3f;
    literal += isPlain ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, "0")}`;
  }
  return `"${literal}"`;
}
