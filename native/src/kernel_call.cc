#include "kernel_call.h"

#include <cerrno>
#include <cstring>
#include <sys/syscall.h>
#include <unistd.h>

namespace bpf_native {

int Bpf(uint32_t command, void* attribute, size_t size) {
  const long result = syscall(SYS_bpf, command, attribute, size);
  return result < 0 ? -errno : static_cast<int>(result);
}

namespace {

// BPF_OBJ_GET_INFO_BY_FD into zeroed memory, so that no field is an address. 0, or -errno.
int ReadInfo(int fd, uint64_t (&info)[kAttributeRoom / sizeof(uint64_t)]) {
  struct {
    uint32_t bpf_fd;
    uint32_t info_len;
    uint64_t info;
    uint8_t rest[kAttributeRoom - 16];
  } attribute{};
  memset(info, 0, sizeof(info));
  attribute.bpf_fd = static_cast<uint32_t>(fd);
  attribute.info_len = sizeof(info);
  attribute.info = reinterpret_cast<uintptr_t>(info);
  return Bpf(kObjGetInfoByFd, &attribute, 16);
}

}  // namespace

int ReadMapFacts(int fd, MapFacts* facts) {
  uint64_t info[kAttributeRoom / sizeof(uint64_t)];
  const int result = ReadInfo(fd, info);
  memcpy(facts, info, sizeof(*facts));
  return result;
}

int ReadLinkType(int fd) {
  uint64_t info[kAttributeRoom / sizeof(uint64_t)];
  const int result = ReadInfo(fd, info);
  uint32_t type;
  memcpy(&type, info, sizeof(type));
  return result < 0 ? result : static_cast<int>(type);
}

}  // namespace bpf_native
