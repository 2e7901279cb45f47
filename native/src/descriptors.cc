#include "descriptors.h"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace bpf_native {

ScopedDescriptor::~ScopedDescriptor() {
  if (fd_ >= 0) close(fd_);
}

int Duplicate(int fd) {
  // From 3 on, so that a process without standard streams does not get one that looks like them.
  const int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  return copy < 0 ? -errno : copy;
}

Descriptors::~Descriptors() {
  for (size_t fd = 0; fd < owned_.size(); fd++) {
    if (owned_[fd]) close(static_cast<int>(fd));
  }
}

int Descriptors::Adopt(int fd) {
  if (fd < 0) return fd;
  const auto index = static_cast<size_t>(fd);
  if (index >= owned_.size()) owned_.resize(index + 1);
  owned_[index] = true;
  return fd;
}

bool Descriptors::Owns(int fd) const {
  return fd >= 0 && static_cast<size_t>(fd) < owned_.size() && owned_[static_cast<size_t>(fd)];
}

void Descriptors::Release(int fd) {
  if (Owns(fd)) owned_[static_cast<size_t>(fd)] = false;
}

int Descriptors::Close(int fd) {
  if (!Owns(fd)) return -EBADF;
  Release(fd);
  // Linux frees the number even when close() reports an error, so that there is nothing to try again.
  close(fd);
  return 0;
}

}  // namespace bpf_native
