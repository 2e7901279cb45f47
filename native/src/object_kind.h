// What a descriptor is of.
#ifndef BPF_NATIVE_OBJECT_KIND_H_
#define BPF_NATIVE_OBJECT_KIND_H_

#include <cstddef>
#include <sys/types.h>

namespace bpf_native {

// What the kernel calls the file: a path, or `anon_inode:bpf-map`. Bytes of `target` that were filled, without a final NUL, or -1.
ssize_t ReadLink(int fd, char* target, size_t size);

enum class ObjectKind { kOther, kMap, kProgram, kBtf, kLink, kPerfEvent };

// kOther also when /proc is not mounted.
ObjectKind KindOf(int fd);

}  // namespace bpf_native

#endif  // BPF_NATIVE_OBJECT_KIND_H_
