// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Reports every process that is executed on the machine, and how it ended.
 *
 * Since Linux 5.8 (ring buffer), with CONFIG_DEBUG_INFO_BTF.
 */
#include "../include/bpf.h"

#define COMM_SIZE 16
#define FILENAME_SIZE 256
#define ARGS_SIZE 512

enum event_kind {
	EXEC,
	EXIT,
};

/* One record of the ring buffer. */
struct event {
	__u64 time; /* ns, CLOCK_MONOTONIC */
	__u64 duration; /* ns from exec to exit; 0 at exec */
	enum event_kind kind;
	__u32 pid;
	__u32 ppid;
	__u32 uid;
	__u32 exit_code; /* 0 to 255; at exit */
	__u32 exit_signal; /* that ended the process, 0 = none; at exit */
	char comm[COMM_SIZE];
	char filename[FILENAME_SIZE]; /* as given to execve(2); at exec */
	bool args_truncated;
	__u16 args_length; /* bytes of args in use */
	__u8 args[ARGS_SIZE]; /* argv, each followed by a NUL; at exec */
};

/* A process that runs. */
struct process {
	__u64 start; /* ns, CLOCK_MONOTONIC */
	__u32 ppid;
	__u32 uid;
	char comm[COMM_SIZE];
};

/* What is known of one command. */
struct command {
	__u64 runs;
	__u64 failures; /* ended by a signal, or with another code than 0 */
	__u64 total_duration; /* ns */
	__u64 longest_duration; /* ns */
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1024 * 1024);
	__type(value, struct event);
} events SEC(".maps");

/* Processes whose exec was seen, by pid. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, struct process);
} processes SEC(".maps");

/* Counters, by name of the command. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, char[COMM_SIZE]);
	__type(value, struct command);
} commands SEC(".maps");

/* Constants: set before the program is loaded. */
const volatile __u32 target_uid = 0xffffffff; /* only processes of this user; 0xffffffff = of all */
const volatile char target_comm[COMM_SIZE] = ""; /* only this command; "" = all */
const volatile bool report_exits = true;

/* Variables: read while it runs. */
__u64 execs;
__u64 exits;
__u64 dropped; /* events for which the ring buffer had no room */

struct mm_struct {
	unsigned long arg_start;
	unsigned long arg_end;
} KERNEL_STRUCT;

typedef struct {
	int counter;
} atomic_t;

struct signal_struct {
	atomic_t live;
	int group_exit_code;
	unsigned int flags;
} KERNEL_STRUCT;

struct task_struct {
	int tgid;
	int exit_code;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct mm_struct *mm;
	struct signal_struct *signal;
} KERNEL_STRUCT;

struct linux_binprm {
	const char *filename;
} KERNEL_STRUCT;

/* In signal_struct.flags: group_exit_code is the code of the whole process. */
#define SIGNAL_GROUP_EXIT 4

static bool is_target(__u32 uid, const char *comm)
{
	if (target_uid != 0xffffffff && target_uid != uid)
		return false;
	if (target_comm[0] == '\0')
		return true;
	for (int i = 0; i < COMM_SIZE; i++) {
		if (comm[i] != target_comm[i])
			return false;
		if (comm[i] == '\0')
			break;
	}
	return true;
}

static struct event *reserve_event(void)
{
	struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event)
		__sync_fetch_and_add(&dropped, 1);
	return event;
}

/* TP_PROTO(struct task_struct *p, pid_t old_pid, struct linux_binprm *bprm) */
SEC("tp_btf/sched_process_exec")
int on_exec(__u64 *context)
{
	struct task_struct *task = (struct task_struct *)context[0];
	struct linux_binprm *binary = (struct linux_binprm *)context[2];
	__u32 pid = task->tgid;
	struct process process = {};
	struct event *event;
	__u64 args_start, args_length;

	process.start = bpf_ktime_get_ns();
	process.ppid = task->real_parent->tgid;
	process.uid = (__u32)bpf_get_current_uid_gid();
	bpf_get_current_comm(process.comm, sizeof(process.comm));
	if (!is_target(process.uid, process.comm))
		return 0;
	__sync_fetch_and_add(&execs, 1);
	bpf_map_update_elem(&processes, &pid, &process, BPF_ANY);

	event = reserve_event();
	if (!event)
		return 0;
	event->time = process.start;
	event->duration = 0;
	event->kind = EXEC;
	event->pid = pid;
	event->ppid = process.ppid;
	event->uid = process.uid;
	event->exit_code = 0;
	event->exit_signal = 0;
	__builtin_memcpy(event->comm, process.comm, COMM_SIZE);
	event->filename[0] = '\0';
	bpf_probe_read_kernel_str(event->filename, FILENAME_SIZE, binary->filename);

	args_start = task->mm->arg_start;
	args_length = task->mm->arg_end - args_start;
	event->args_truncated = args_length > ARGS_SIZE;
	if (args_length > ARGS_SIZE)
		args_length = ARGS_SIZE;
	if (bpf_probe_read_user(event->args, args_length, (const void *)args_start))
		args_length = 0;
	event->args_length = args_length;
	bpf_ringbuf_submit(event, 0);
	return 0;
}

static void count_end(const struct process *process, __u64 duration, bool failed)
{
	struct command *command = bpf_map_lookup_elem(&commands, process->comm);

	if (!command) {
		struct command zero = {};

		/* Another CPU may be faster; what counts is that there is an entry afterwards. */
		bpf_map_update_elem(&commands, process->comm, &zero, BPF_NOEXIST);
		command = bpf_map_lookup_elem(&commands, process->comm);
		if (!command)
			return;
	}
	__sync_fetch_and_add(&command->runs, 1);
	if (failed)
		__sync_fetch_and_add(&command->failures, 1);
	__sync_fetch_and_add(&command->total_duration, duration);
	if (duration > command->longest_duration)
		command->longest_duration = duration;
}

/* TP_PROTO(struct task_struct *p), called for each thread after it was subtracted from signal->live. */
SEC("tp_btf/sched_process_exit")
int on_exit(__u64 *context)
{
	struct task_struct *task = (struct task_struct *)context[0];
	struct signal_struct *signal = task->signal;
	__u32 pid = task->tgid;
	struct process *entry, process;
	struct event *event;
	__u64 now, duration;
	int status;

	/* The process has ended when its last thread has. */
	if (signal->live.counter != 0)
		return 0;
	entry = bpf_map_lookup_elem(&processes, &pid);
	if (!entry)
		return 0;
	process = *entry;
	/* The last two threads may both see 0: whoever deletes the entry reports. */
	if (bpf_map_delete_elem(&processes, &pid))
		return 0;

	/* As wait(2) gives it: code in the second byte, signal in the low seven bits. */
	status = signal->flags & SIGNAL_GROUP_EXIT ? signal->group_exit_code : task->group_leader->exit_code;
	now = bpf_ktime_get_ns();
	duration = now - process.start;
	__sync_fetch_and_add(&exits, 1);
	count_end(&process, duration, status != 0);
	if (!report_exits)
		return 0;

	event = reserve_event();
	if (!event)
		return 0;
	event->time = now;
	event->duration = duration;
	event->kind = EXIT;
	event->pid = pid;
	event->ppid = process.ppid;
	event->uid = process.uid;
	event->exit_code = status >> 8 & 0xff;
	event->exit_signal = status & 0x7f;
	__builtin_memcpy(event->comm, process.comm, COMM_SIZE);
	event->filename[0] = '\0';
	event->args_truncated = false;
	event->args_length = 0;
	bpf_ringbuf_submit(event, 0);
	return 0;
}

/* Some helpers are for programs under the GPL only. */
char LICENSE[] SEC("license") = "Dual MIT/GPL";
