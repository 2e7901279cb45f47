/*
 * What libbpf makes of an object, as JSON on one line: what is in it, and what of it loads on this kernel.
 *
 *   oracle OBJECT     opened or refused, its programs and maps, and for each program (alone, and all together) whether it loads
 *   oracle --types    the running kernel's types as C, for objects that include vmlinux.h
 *   oracle --link OUTPUT OBJECT…     links objects into one
 *
 * An `error` is 0 or a negative errno. `prepare` is that of everything up to the verifier: relocations, maps. It is from there
 * that instructions are counted: functions are linked by then.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

/* The first warning since it was last cleared: mostly the one that says why. */
static char warning[400];

static int keep_warning(enum libbpf_print_level level, const char *format, va_list arguments)
{
	if (level == LIBBPF_WARN && !warning[0])
		vsnprintf(warning, sizeof(warning), format, arguments);
	return 0;
}

static void print_string(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putchar('\\');
		if ((unsigned char)*text < ' ')
			putchar(' ');
		else
			putchar(*text);
	}
	putchar('"');
}

static void print_warning(void)
{
	printf(",\"why\":");
	print_string(warning);
	warning[0] = 0;
}

static struct bpf_object *open_object(const char *path)
{
	struct bpf_object *object;
	struct bpf_map *map;

	warning[0] = 0;
	object = bpf_object__open_file(path, NULL);
	if (!object)
		return NULL;
	/* Maps that are found in a file system from another object would not be this one's. */
	bpf_object__for_each_map(map, object)
		bpf_map__set_pin_path(map, NULL);
	warning[0] = 0;
	return object;
}

/* Data sections are named after the object, unless they have a name of their own. */
static const char *map_name(const struct bpf_map *map)
{
	const char *name = bpf_map__name(map);
	const char *dot = bpf_map__is_internal(map) ? strchr(name, '.') : NULL;

	return dot ? dot : name;
}

static void print_map(struct bpf_map *map)
{
	const struct bpf_map *inner = bpf_map__inner_map(map);

	printf("\"type\":%d,\"keySize\":%u,\"valueSize\":%u,\"maxEntries\":%u,\"flags\":%u,\"numaNode\":%u,\"mapExtra\":%llu",
	       bpf_map__type(map), bpf_map__key_size(map), bpf_map__value_size(map), bpf_map__max_entries(map),
	       bpf_map__map_flags(map), bpf_map__numa_node(map), (unsigned long long)bpf_map__map_extra(map));
	if (inner) {
		printf(",\"inner\":{");
		print_map((struct bpf_map *)inner);
		putchar('}');
	}
}

static void print_maps(struct bpf_object *object)
{
	const char *separator = "";
	struct bpf_map *map;

	printf(",\"maps\":[");
	bpf_object__for_each_map(map, object) {
		printf("%s{\"name\":", separator);
		print_string(map_name(map));
		putchar(',');
		print_map(map);
		putchar('}');
		separator = ",";
	}
	putchar(']');
}

static unsigned int fnv1a(unsigned int hash, const void *bytes, size_t size)
{
	const unsigned char *byte = bytes;

	while (size--)
		hash = (hash ^ *byte++) * 16777619;
	return hash;
}

/* Instructions as they go to the kernel, without what differs from load to load: descriptors, and the numbers of poisoned calls. */
static unsigned int code_digest(const struct bpf_program *program)
{
	const struct bpf_insn *insns = bpf_program__insns(program);
	size_t index, count = bpf_program__insn_cnt(program);
	unsigned int hash = 2166136261;

	for (index = 0; index < count; index++) {
		struct bpf_insn insn = insns[index];
		unsigned char source = insn.src_reg;
		int is_load = insn.code == (BPF_LD | BPF_DW | BPF_IMM);

		if (is_load && (source == BPF_PSEUDO_MAP_FD || source == BPF_PSEUDO_MAP_VALUE))
			insn.imm = 0;
		if (insn.code == (BPF_JMP | BPF_CALL) && !source && insn.imm > 0xffff)
			insn.imm = 0;
		hash = fnv1a(hash, &insn, sizeof(insn));
		if (is_load && source == BPF_PSEUDO_BTF_ID && index + 1 < count) {
			insn = insns[++index];
			insn.imm = 0;
			hash = fnv1a(hash, &insn, sizeof(insn));
		}
	}
	return hash;
}

/* Loads one program of an object, or all of them for no name. */
static void print_load(const char *path, const char *name)
{
	struct bpf_object *object = open_object(path);
	struct bpf_program *program, *wanted = NULL;
	int prepared, loaded = 0;

	if (!object) {
		printf("\"prepare\":%d,\"load\":0", -errno);
		print_warning();
		return;
	}
	bpf_object__for_each_program(program, object) {
		int chosen = !name || !strcmp(bpf_program__name(program), name);

		bpf_program__set_autoload(program, chosen);
		if (chosen)
			wanted = program;
	}
	prepared = bpf_object__prepare(object);
	printf("\"prepare\":%d", prepared);
	if (name && wanted && !prepared)
		printf(",\"instructions\":%zu,\"code\":%u", bpf_program__insn_cnt(wanted), code_digest(wanted));
	if (!prepared)
		loaded = bpf_object__load(object);
	printf(",\"load\":%d", loaded);
	print_warning();
	bpf_object__close(object);
}

static void print_programs(const char *path, struct bpf_object *object)
{
	const char *separator = "";
	struct bpf_program *program;

	printf(",\"programs\":[");
	bpf_object__for_each_program(program, object) {
		printf("%s{\"name\":", separator);
		print_string(bpf_program__name(program));
		printf(",\"section\":");
		print_string(bpf_program__section_name(program));
		printf(",\"type\":%d,\"attachType\":%d,\"autoload\":%s,", bpf_program__type(program),
		       bpf_program__expected_attach_type(program), bpf_program__autoload(program) ? "true" : "false");
		print_load(path, bpf_program__name(program));
		putchar('}');
		separator = ",";
	}
	putchar(']');
}

static int programs_of(struct bpf_object *object)
{
	struct bpf_program *program;
	int count = 0;

	bpf_object__for_each_program(program, object)
		count++;
	return count;
}

static int print_object(const char *path)
{
	struct bpf_object *object = open_object(path);

	printf("{\"open\":%d", object ? 0 : -errno);
	print_warning();
	if (object) {
		print_maps(object);
		print_programs(path, object);
		/* For one program that was just done. */
		if (programs_of(object) != 1) {
			printf(",\"all\":{");
			print_load(path, NULL);
			putchar('}');
		}
	}
	puts("}");
	bpf_object__close(object);
	return 0;
}

static void print_type(void *context, const char *format, va_list arguments)
{
	(void)context;
	vprintf(format, arguments);
}

/* As `bpftool btf dump … format c`, without the prototypes of kernel functions, which sources declare on their own. */
static int print_types(void)
{
	struct btf *btf = btf__load_vmlinux_btf();
	struct btf_dump *dump = btf ? btf_dump__new(btf, print_type, NULL, NULL) : NULL;
	__u32 id;

	if (!dump)
		return 1;
	puts("#ifndef __VMLINUX_H__\n#define __VMLINUX_H__\n#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n"
	     "#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)\n#endif");
	for (id = 1; id < btf__type_cnt(btf); id++)
		if (btf_dump__dump_type(dump, id))
			return 1;
	puts("#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n#pragma clang attribute pop\n#endif\n#endif");
	btf_dump__free(dump);
	btf__free(btf);
	return 0;
}

static int link_objects(const char *output, char **paths, int count)
{
	struct bpf_linker *linker = bpf_linker__new(output, NULL);
	int index, error = linker ? 0 : -errno;

	for (index = 0; !error && index < count; index++)
		error = bpf_linker__add_file(linker, paths[index], NULL);
	if (!error)
		error = bpf_linker__finalize(linker);
	bpf_linker__free(linker);
	if (error)
		fprintf(stderr, "libbpf can't link these (%d): %s\n", error, warning);
	return error ? 1 : 0;
}

int main(int count, char **arguments)
{
	libbpf_set_print(keep_warning);
	if (count == 2 && !strcmp(arguments[1], "--types"))
		return print_types();
	if (count > 3 && !strcmp(arguments[1], "--link"))
		return link_objects(arguments[2], arguments + 3, count - 3);
	if (count == 2)
		return print_object(arguments[1]);
	fprintf(stderr, "usage: oracle OBJECT | oracle --types | oracle --link OUTPUT OBJECT…\n");
	return 2;
}
