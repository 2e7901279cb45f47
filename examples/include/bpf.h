/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What the examples need to be written in C for the BPF target, and no more: no system header is included.
 * Numbers are those of the kernel's include/uapi/linux/bpf.h, which never change.
 */
#pragma once

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef _Bool bool;

#define true 1
#define false 0

/* The section says what a function is: `SEC("xdp")`, `SEC("tp_btf/sched_process_exec")`; what loads it looks there. */
#define SEC(name) __attribute__((section(name), used))

/* A map is a struct in SEC(".maps") whose members' types say what it is: numbers as array lengths, types as pointers. */
#define __uint(name, number) int(*name)[number]
#define __type(name, type) __typeof__(type) *name

enum {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_RINGBUF = 27,
};

enum {
	BPF_ANY = 0,
	BPF_NOEXIST = 1,
};

/* Kernel structs are declared with the members that are used only; the loader finds their offsets in the running kernel. */
#define KERNEL_STRUCT __attribute__((preserve_access_index))

/* Helpers of the kernel are called by number. */
static void *(*const bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*const bpf_map_update_elem)(void *map, const void *key, const void *value, __u64 flags) = (void *)2;
static long (*const bpf_map_delete_elem)(void *map, const void *key) = (void *)3;
static __u64 (*const bpf_ktime_get_ns)(void) = (void *)5;
static __u64 (*const bpf_get_current_pid_tgid)(void) = (void *)14;
static __u64 (*const bpf_get_current_uid_gid)(void) = (void *)15;
static long (*const bpf_get_current_comm)(void *buffer, __u32 size) = (void *)16;
static long (*const bpf_probe_read_user)(void *to, __u32 size, const void *from) = (void *)112;
static long (*const bpf_probe_read_kernel_str)(void *to, __u32 size, const void *from) = (void *)115;
static void *(*const bpf_ringbuf_reserve)(void *ring, __u64 size, __u64 flags) = (void *)131;
static void (*const bpf_ringbuf_submit)(void *record, __u64 flags) = (void *)132;
