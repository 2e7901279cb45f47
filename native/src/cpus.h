#ifndef BPF_NATIVE_CPUS_H_
#define BPF_NATIVE_CPUS_H_

namespace bpf_native {

// How many CPUs the kernel could ever use (num_possible_cpus()), or -errno. The size of every per-CPU value depends on it, so
// that there is no guess when it can't be read.
int PossibleCpus();

}  // namespace bpf_native

#endif  // BPF_NATIVE_CPUS_H_
