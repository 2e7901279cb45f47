/*
 * The reference for looking a key up: the same system call from C, on the very map that the other side uses.
 *
 *   lookup MAP_ID KEYS COUNT
 *
 * For each line on the input: COUNT look-ups of the u32 keys 0 to KEYS-1 in turn, then one line with the nanoseconds
 * of one look-up, and a checksum of all, so that no loop can be dropped.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/bpf.h>

#include "clock.h"

#define LARGEST_VALUE 4096

static long bpf(int command, union bpf_attr *attribute)
{
	return syscall(__NR_bpf, command, attribute, sizeof(*attribute));
}

int main(int count, char **arguments)
{
	union bpf_attr attribute;
	char line[16], value[LARGEST_VALUE];
	uint64_t checksum = 0;
	uint32_t key, keys, rounds;
	struct bpf_map_info info = {};
	int fd;

	if (count != 4) {
		fprintf(stderr, "usage: lookup MAP_ID KEYS COUNT\n");
		return 2;
	}
	keys = strtoul(arguments[2], NULL, 10);
	rounds = strtoul(arguments[3], NULL, 10);

	memset(&attribute, 0, sizeof(attribute));
	attribute.map_id = strtoul(arguments[1], NULL, 10);
	fd = bpf(BPF_MAP_GET_FD_BY_ID, &attribute);
	if (fd < 0) {
		perror("lookup: BPF_MAP_GET_FD_BY_ID");
		return 1;
	}
	memset(&attribute, 0, sizeof(attribute));
	attribute.info.bpf_fd = fd;
	attribute.info.info_len = sizeof(info);
	attribute.info.info = (uint64_t)(uintptr_t)&info;
	if (bpf(BPF_OBJ_GET_INFO_BY_FD, &attribute) || info.key_size != sizeof(key) || info.value_size > sizeof(value)) {
		fprintf(stderr, "lookup: not a map of u32 keys and values up to %d bytes\n", LARGEST_VALUE);
		return 1;
	}

	while (fgets(line, sizeof(line), stdin)) {
		uint64_t start = now_ns();

		for (uint32_t i = 0; i < rounds; i++) {
			key = i % keys;
			memset(&attribute, 0, sizeof(attribute));
			attribute.map_fd = fd;
			attribute.key = (uint64_t)(uintptr_t)&key;
			attribute.value = (uint64_t)(uintptr_t)value;
			if (bpf(BPF_MAP_LOOKUP_ELEM, &attribute)) {
				perror("lookup: BPF_MAP_LOOKUP_ELEM");
				return 1;
			}
			checksum += value[0];
		}
		printf("%.1f ", (double)(now_ns() - start) / rounds);
		printf("%llu\n", (unsigned long long)checksum);
		fflush(stdout);
	}
	return 0;
}
