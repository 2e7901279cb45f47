#pragma once
#include <stdint.h>
#include <time.h>

/* ns, CLOCK_MONOTONIC: the clock of process.hrtime() too. */
static inline uint64_t now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}
