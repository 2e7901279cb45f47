/** Typedefs that say no more than the type behind them: `__u32`, `uint8_t`, `size_t` and everything with `__` in front. */
const plain =
  /^(?:__.*|_Bool|bool|[us](?:8|16|32|64|128)|u?int(?:_least|_fast)?(?:8|16|32|64)_t|u?int(?:max|ptr)_t|u_?(?:char|short|int|long)|s?size_t|ptrdiff_t)$/;

/** True for a typedef that is worth a name in TypeScript: `typedef __u64 nanoseconds`. */
export function isTellingTypedef(name: string): boolean {
  return !plain.test(name);
}
