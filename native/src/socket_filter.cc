#include "socket_filter.h"

#include <cerrno>
#include <sys/socket.h>

#include "arguments.h"

namespace bpf_native {

namespace {

// Of include/uapi/asm-generic/socket.h; the same on all machines that Node runs on. Each takes an int.
constexpr int kDetachFilter = 27;
constexpr int kAttachBpf = 50;
constexpr int kAttachReuseportEbpf = 52;
constexpr int kDetachReuseportBpf = 68;

}  // namespace

Napi::Value SetSocketFilter(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const int fd = arguments.Int32(0, "fd");
  const int option = arguments.Int32(1, "option");
  const int value = arguments.Int32(2, "value");
  if (!arguments.ok()) return Napi::Value();
  if (option != kDetachFilter && option != kAttachBpf && option != kAttachReuseportEbpf &&
      option != kDetachReuseportBpf) {
    ThrowRangeError(info.Env(), "option must attach or detach a program");
    return Napi::Value();
  }
  const int result = setsockopt(fd, SOL_SOCKET, option, &value, sizeof(value));
  return Napi::Number::New(info.Env(), result < 0 ? -errno : result);
}

}  // namespace bpf_native
