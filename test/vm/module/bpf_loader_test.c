// SPDX-License-Identifier: GPL-2.0
/*
 * A structure of functions that BPF programs implement, and a function that they call, both of a module: no kernel of Debian has one.
 * Reading /sys/module/bpf_loader_test/parameters/answer calls what is registered. Needs Linux 6.9.
 */
#include <linux/bpf.h>
#include <linux/bpf_verifier.h>
#include <linux/btf.h>
#include <linux/btf_ids.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/mutex.h>

struct loader_test_ops {
	int (*answer)(int question);
	int weight;
};

static DEFINE_MUTEX(lock);
static struct loader_test_ops *registered;

__bpf_kfunc_start_defs();

__bpf_kfunc int loader_test_double(int number)
{
	return 2 * number;
}

__bpf_kfunc_end_defs();

BTF_KFUNCS_START(functions)
BTF_ID_FLAGS(func, loader_test_double)
BTF_KFUNCS_END(functions)

static const struct btf_kfunc_id_set function_set = {
	.owner = THIS_MODULE,
	.set = &functions,
};

static const struct bpf_func_proto *get_func_proto(enum bpf_func_id id, const struct bpf_prog *prog)
{
	return bpf_base_func_proto(id, prog);
}

static bool is_valid_access(int off, int size, enum bpf_access_type type, const struct bpf_prog *prog,
			    struct bpf_insn_access_aux *info)
{
	return bpf_tracing_btf_ctx_access(off, size, type, prog, info);
}

static const struct bpf_verifier_ops verifier_ops = {
	.get_func_proto = get_func_proto,
	.is_valid_access = is_valid_access,
};

static int init_ops(struct btf *btf)
{
	return 0;
}

static int check_member(const struct btf_type *type, const struct btf_member *member, const struct bpf_prog *prog)
{
	return 0;
}

static int init_member(const struct btf_type *type, const struct btf_member *member, void *kernel, const void *user)
{
	const struct loader_test_ops *from = user;
	struct loader_test_ops *to = kernel;

	if (__btf_member_bit_offset(type, member) != offsetof(struct loader_test_ops, weight) * 8)
		return 0;
	to->weight = from->weight;
	return 1;
}

static int register_ops(void *kernel, struct bpf_link *link)
{
	int result = 0;

	mutex_lock(&lock);
	if (registered)
		result = -EBUSY;
	else
		registered = kernel;
	mutex_unlock(&lock);
	return result;
}

static void unregister_ops(void *kernel, struct bpf_link *link)
{
	mutex_lock(&lock);
	registered = NULL;
	mutex_unlock(&lock);
}

static int update_ops(void *kernel, void *old, struct bpf_link *link)
{
	mutex_lock(&lock);
	registered = kernel;
	mutex_unlock(&lock);
	return 0;
}

static int answer_stub(int question)
{
	return 0;
}

static struct loader_test_ops stubs = {
	.answer = answer_stub,
};

static struct bpf_struct_ops ops = {
	.verifier_ops = &verifier_ops,
	.init = init_ops,
	.check_member = check_member,
	.init_member = init_member,
	.reg = register_ops,
	.unreg = unregister_ops,
	.update = update_ops,
	.cfi_stubs = &stubs,
	.name = "loader_test_ops",
	.owner = THIS_MODULE,
};

static int get_answer(char *to, const struct kernel_param *parameter)
{
	int length;

	mutex_lock(&lock);
	if (!registered)
		length = sysfs_emit(to, "nobody\n");
	else
		length = sysfs_emit(to, "%d\n", registered->answer(registered->weight));
	mutex_unlock(&lock);
	return length;
}

static const struct kernel_param_ops answer_ops = {
	.get = get_answer,
};
module_param_cb(answer, &answer_ops, NULL, 0444);

static int __init start(void)
{
	int result = register_btf_kfunc_id_set(BPF_PROG_TYPE_STRUCT_OPS, &function_set);

	return result ?: register_bpf_struct_ops(&ops, loader_test_ops);
}

static void __exit stop(void)
{
}

module_init(start);
module_exit(stop);
MODULE_DESCRIPTION("For tests of bpf-loader");
MODULE_LICENSE("GPL");
