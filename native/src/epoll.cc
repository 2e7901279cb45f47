#include "epoll.h"

#include <cerrno>
#include <cstring>
#include <sys/epoll.h>
#include <unistd.h>

#include "arguments.h"
#include "descriptors.h"
#include "environment.h"

namespace bpf_native {

namespace {

// One descriptor that is readable when any of `fds` is; or -errno.
int EpollOf(const Bytes& fds) {
  const int own = epoll_create1(EPOLL_CLOEXEC);
  if (own < 0) return -errno;
  for (size_t at = 0; at < fds.size; at += sizeof(int32_t)) {
    int32_t fd;
    memcpy(&fd, fds.data + at, sizeof(fd));
    epoll_event event{};
    event.events = EPOLLIN;
    if (epoll_ctl(own, EPOLL_CTL_ADD, fd, &event) == 0) continue;
    const int result = -errno;
    close(own);
    return result;
  }
  return own;
}

}  // namespace

Napi::Value Epoll(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const Bytes fds = arguments.Uint8Array(0, "fds");
  if (!arguments.ok()) return Napi::Value();
  if (fds.size % sizeof(int32_t) != 0) {
    ThrowRangeError(info.Env(), "fds must be descriptors of 4 bytes each");
    return Napi::Value();
  }
  return Napi::Number::New(info.Env(), arguments.environment().descriptors.Adopt(EpollOf(fds)));
}

}  // namespace bpf_native
