// What a descriptor is of.
#ifndef BPF_NATIVE_OBJECT_KIND_H_
#define BPF_NATIVE_OBJECT_KIND_H_

namespace bpf_native {

enum class ObjectKind { kOther, kMap, kProgram, kBtf, kLink, kPerfEvent };

// kOther also when /proc is not mounted.
ObjectKind KindOf(int fd);

}  // namespace bpf_native

#endif  // BPF_NATIVE_OBJECT_KIND_H_
