/*
 * The reference for maps: the same system calls from C, on the very maps that the other sides use.
 *
 *   maps COUNTERS_ID RECORDS_ID OPERATIONS
 *
 * COUNTERS has u32 keys from 0 on and u64 values, RECORDS u32 keys and any values; both are full. Each line on the input names one of the
 * tasks below. The answer is one line with the nanoseconds of one operation, and a checksum, so that no loop can be dropped.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/bpf.h>

#include "clock.h"

struct map {
	int fd;
	uint32_t entries, value_size;
	char *keys, *values;
};

static struct map counters, records;
static uint32_t operations;

static long bpf(int command, union bpf_attr *attribute)
{
	return syscall(__NR_bpf, command, attribute, sizeof(*attribute));
}

static void fail(const char *what)
{
	fprintf(stderr, "maps: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void element(int command, const struct map *map, void *key, void *value)
{
	union bpf_attr attribute;

	memset(&attribute, 0, sizeof(attribute));
	attribute.map_fd = map->fd;
	attribute.key = (uint64_t)(uintptr_t)key;
	attribute.value = (uint64_t)(uintptr_t)value;
	if (bpf(command, &attribute))
		fail("an operation on an element");
}

static void open_map(struct map *map, const char *id)
{
	struct bpf_map_info info = {};
	union bpf_attr attribute;

	memset(&attribute, 0, sizeof(attribute));
	attribute.map_id = strtoul(id, NULL, 10);
	map->fd = bpf(BPF_MAP_GET_FD_BY_ID, &attribute);
	if (map->fd < 0)
		fail("BPF_MAP_GET_FD_BY_ID");
	memset(&attribute, 0, sizeof(attribute));
	attribute.info.bpf_fd = map->fd;
	attribute.info.info_len = sizeof(info);
	attribute.info.info = (uint64_t)(uintptr_t)&info;
	if (bpf(BPF_OBJ_GET_INFO_BY_FD, &attribute))
		fail("BPF_OBJ_GET_INFO_BY_FD");
	map->entries = info.max_entries;
	map->value_size = info.value_size;
	map->keys = calloc(info.max_entries, info.key_size);
	map->values = calloc(info.max_entries, info.value_size);
	if (info.key_size != sizeof(uint32_t) || !map->keys || !map->values)
		fail("a map of u32 keys");
}

static uint64_t look_up(const struct map *map)
{
	uint64_t checksum = 0;

	for (uint32_t i = 0; i < operations; i++) {
		uint32_t key = i % map->entries;

		element(BPF_MAP_LOOKUP_ELEM, map, &key, map->values);
		checksum += map->values[0];
	}
	return checksum;
}

static uint64_t lookup(void)
{
	return look_up(&counters);
}

static uint64_t record(void)
{
	return look_up(&records);
}

static uint64_t update(void)
{
	for (uint32_t i = 0; i < operations; i++) {
		uint32_t key = i % counters.entries;
		uint64_t value = key;

		element(BPF_MAP_UPDATE_ELEM, &counters, &key, &value);
	}
	return operations;
}

static uint64_t delete(void)
{
	for (uint32_t key = 0; key < counters.entries; key++)
		element(BPF_MAP_DELETE_ELEM, &counters, &key, NULL);
	return counters.entries;
}

static uint64_t batch(void)
{
	uint64_t token = 0, checksum = 0;
	union bpf_attr attribute;
	int first = 1, error;

	do {
		memset(&attribute, 0, sizeof(attribute));
		attribute.batch.map_fd = records.fd;
		attribute.batch.in_batch = first ? 0 : (uint64_t)(uintptr_t)&token;
		attribute.batch.out_batch = (uint64_t)(uintptr_t)&token;
		attribute.batch.keys = (uint64_t)(uintptr_t)records.keys;
		attribute.batch.values = (uint64_t)(uintptr_t)records.values;
		attribute.batch.count = records.entries;
		error = bpf(BPF_MAP_LOOKUP_BATCH, &attribute) ? errno : 0;
		checksum += attribute.batch.count;
		first = 0;
	} while (!error);
	if (error != ENOENT)
		fail("BPF_MAP_LOOKUP_BATCH");
	return checksum;
}

static uint64_t iterate(void)
{
	uint32_t key, next;
	union bpf_attr attribute;
	uint64_t count = 0;

	for (;; key = next, count++) {
		memset(&attribute, 0, sizeof(attribute));
		attribute.map_fd = records.fd;
		attribute.key = count ? (uint64_t)(uintptr_t)&key : 0;
		attribute.next_key = (uint64_t)(uintptr_t)&next;
		if (bpf(BPF_MAP_GET_NEXT_KEY, &attribute))
			break;
		element(BPF_MAP_LOOKUP_ELEM, &records, &next, records.values);
	}
	return count;
}

static void run(const char *task)
{
	static const struct {
		const char *name;
		uint64_t (*run)(void);
		const uint32_t *operations;
	} tasks[] = {
		{ "lookup", lookup, &operations },
		{ "record", record, &operations },
		{ "update", update, &operations },
		{ "delete", delete, &counters.entries },
		{ "batch", batch, &records.entries },
		{ "iterate", iterate, &records.entries },
	};

	for (size_t i = 0; i < sizeof(tasks) / sizeof(tasks[0]); i++) {
		uint64_t start, checksum;

		if (strcmp(task, tasks[i].name))
			continue;
		start = now_ns();
		checksum = tasks[i].run();
		printf("%.1f ", (double)(now_ns() - start) / *tasks[i].operations);
		printf("%llu\n", (unsigned long long)checksum);
		/* What was deleted comes back. */
		for (uint32_t key = 0; tasks[i].run == delete && key < counters.entries; key++) {
			uint64_t value = key;

			element(BPF_MAP_UPDATE_ELEM, &counters, &key, &value);
		}
		fflush(stdout);
		return;
	}
	fprintf(stderr, "maps: no task %s\n", task);
	exit(2);
}

int main(int count, char **arguments)
{
	char line[32];

	if (count != 4) {
		fprintf(stderr, "usage: maps COUNTERS_ID RECORDS_ID OPERATIONS\n");
		return 2;
	}
	open_map(&counters, arguments[1]);
	open_map(&records, arguments[2]);
	operations = strtoul(arguments[3], NULL, 10);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = 0;
		run(line);
	}
	return 0;
}
