#include "object_kind.h"

#include <cstdio>
#include <string_view>
#include <unistd.h>

namespace bpf_native {

ssize_t ReadLink(int fd, char* target, size_t size) {
  char path[64];
  snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
  return readlink(path, target, size);
}

ObjectKind KindOf(int fd) {
  char target[64];
  const ssize_t length = ReadLink(fd, target, sizeof(target));
  if (length < 0) return ObjectKind::kOther;
  // The names that the kernel gives in anon_inode_getfd(). A file can't fake them: its path starts with a slash.
  const std::string_view name(target, static_cast<size_t>(length));
  if (name == "anon_inode:bpf-map") return ObjectKind::kMap;
  if (name == "anon_inode:bpf-prog") return ObjectKind::kProgram;
  if (name == "anon_inode:btf") return ObjectKind::kBtf;
  if (name == "anon_inode:bpf_link" || name == "anon_inode:bpf-link") return ObjectKind::kLink;
  if (name == "anon_inode:[perf_event]") return ObjectKind::kPerfEvent;
  return ObjectKind::kOther;
}

}  // namespace bpf_native
