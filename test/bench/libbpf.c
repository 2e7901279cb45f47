/*
 * The reference for loading, on libbpf. Prints the nanoseconds of each round, a line each.
 *
 *   libbpf load OBJECT ROUNDS   bpf_object__open_file + bpf_object__load; closing is not counted
 *   libbpf open OBJECT ROUNDS   bpf_object__open_file
 *   libbpf find NAME ROUNDS     btf__load_vmlinux_btf + btf__find_by_name_kind of a struct
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "clock.h"

static int silent(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level, (void)format, (void)arguments;
	return 0;
}

static int load(const char *path)
{
	uint64_t start = now_ns();
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	struct bpf_map *map;
	int error;

	if (!object)
		return -1;
	/* libbpf passes the size of a ring buffer's declared record type on, which the kernel refuses. */
	bpf_object__for_each_map(map, object)
		if (bpf_map__type(map) == BPF_MAP_TYPE_RINGBUF)
			bpf_map__set_value_size(map, 0);
	error = bpf_object__load(object);
	if (!error)
		printf("%llu\n", (unsigned long long)(now_ns() - start));
	bpf_object__close(object);
	return error;
}

static int open_only(const char *path)
{
	uint64_t start = now_ns();
	struct bpf_object *object = bpf_object__open_file(path, NULL);

	if (object)
		printf("%llu\n", (unsigned long long)(now_ns() - start));
	bpf_object__close(object);
	return object ? 0 : -1;
}

static int find(const char *name)
{
	uint64_t start = now_ns();
	struct btf *btf = btf__load_vmlinux_btf();
	int id = btf ? btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT) : -1;

	if (id > 0)
		printf("%llu\n", (unsigned long long)(now_ns() - start));
	btf__free(btf);
	return id > 0 ? 0 : -1;
}

int main(int count, char **arguments)
{
	int (*measure)(const char *) = NULL;
	int rounds = count == 4 ? atoi(arguments[3]) : 0;

	if (count == 4 && !strcmp(arguments[1], "load"))
		measure = load;
	if (count == 4 && !strcmp(arguments[1], "open"))
		measure = open_only;
	if (count == 4 && !strcmp(arguments[1], "find"))
		measure = find;
	if (!measure || rounds <= 0) {
		fprintf(stderr, "usage: libbpf load OBJECT ROUNDS | open OBJECT ROUNDS | find NAME ROUNDS\n");
		return 2;
	}
	libbpf_set_print(silent);
	while (rounds--) {
		if (measure(arguments[2])) {
			fprintf(stderr, "libbpf: %s %s: %m\n", arguments[1], arguments[2]);
			return 1;
		}
	}
	return 0;
}
