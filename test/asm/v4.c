/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What compilers make of it with -mcpu=v4 has every instruction that came after version 3, and all atomics. */
typedef signed char s8;
typedef short s16;
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

long sign_extending_loads(s8 *a, s16 *b, int *c)
{
	return (long)*a + (long)*b + (long)*c;
}

long sign_extending_moves(long a, long b, long c, int d, int e)
{
	return (s8)a + (s16)b + (long)(int)c + (int)(s8)d + (int)(s16)e;
}

long signed_division(long a, long b, int c, int d)
{
	return a / b + a % b + c / d + c % d + a / 7 + c % 7;
}

u64 swaps(u64 a, u32 b, u16 c)
{
	return __builtin_bswap64(a) + __builtin_bswap32(b) + __builtin_bswap16(c);
}

void stores(u8 *a, u16 *b, u32 *c, u64 *d)
{
	*a = 1;
	*b = 2;
	*c = 3;
	*d = -4;
}

u64 atomics(u64 *p, u32 *q, u64 v, u32 w)
{
	u64 r;

	__sync_fetch_and_add(p, v);
	__sync_fetch_and_or(p, v);
	__sync_fetch_and_and(p, v);
	__sync_fetch_and_xor(p, v);
	r = __sync_fetch_and_add(p, v);
	r += __sync_fetch_and_or(p, v);
	r += __sync_fetch_and_and(p, v);
	r += __sync_fetch_and_xor(p, v);
	r += __sync_lock_test_and_set(p, v);
	r += __sync_val_compare_and_swap(p, v, r);
	__sync_fetch_and_add(q, w);
	__sync_fetch_and_or(q, w);
	__sync_fetch_and_and(q, w);
	__sync_fetch_and_xor(q, w);
	r += __sync_fetch_and_add(q, w);
	r += __sync_fetch_and_or(q, w);
	r += __sync_fetch_and_and(q, w);
	r += __sync_fetch_and_xor(q, w);
	r += __sync_lock_test_and_set(q, w);
	r += __sync_val_compare_and_swap(q, w, (u32)r);
	return r;
}

int jumps(int n)
{
	asm volatile("gotol +1\n r0 = 0\n may_goto +1\n r0 = 1" ::: "r0");
	for (int i = 0; i < n; i++)
		asm volatile("" ::: "memory");
	return n;
}

int indirect_call(int (*function)(int))
{
	return function(3);
}

__attribute__((address_space(1))) int *in_arena;

u64 casts(void)
{
	int *pointer = (int *)in_arena;

	return *pointer;
}
