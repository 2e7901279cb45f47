#include "perf_event.h"

#include <cerrno>
#include <cstring>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arguments.h"
#include "bound_attribute.h"
#include "environment.h"

namespace bpf_native {

Napi::Value PerfEventOpen(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Arguments arguments(info);
  const int pid = arguments.Int32(2, "pid");
  const int cpu = arguments.Int32(3, "cpu");
  const int group = arguments.Int32(4, "group");
  const uint32_t flags = arguments.Uint32(5, "flags");
  std::vector<PointerEntry> entries;
  BoundAttribute bound(env, Buffers::kInPlace);
  if (!arguments.ok() || !ReadPointerList(env, info[1], &entries) || !bound.Load(info[0])) return Napi::Value();
  // Without a name `config1` is a number: an address for other kinds of event, which the kernel reads, but never writes to.
  uint32_t size;
  memcpy(&size, bound.data() + 4, sizeof(size));
  if (size > bound.size()) {
    ThrowRangeError(env, "the attribute is shorter than its field `size` says");
    return Napi::Value();
  }
  if (!entries.empty() && !bound.Bind(kPerfEventForm, entries)) return Napi::Value();
  const long fd = syscall(SYS_perf_event_open, bound.data(), pid, cpu, group, flags | PERF_FLAG_FD_CLOEXEC);
  const int result = fd < 0 ? -errno : static_cast<int>(fd);
  return Napi::Number::New(env, arguments.environment().descriptors.Adopt(result));
}

Napi::Value Ioctl(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const int fd = arguments.Int32(0, "fd");
  const uint32_t request = arguments.Uint32(1, "request");
  const int argument = arguments.Int32(2, "argument");
  if (!arguments.ok()) return Napi::Value();
  // None of these takes an address.
  if (request != PERF_EVENT_IOC_ENABLE && request != PERF_EVENT_IOC_DISABLE && request != PERF_EVENT_IOC_SET_BPF &&
      request != PERF_EVENT_IOC_PAUSE_OUTPUT) {
    ThrowRangeError(info.Env(), "request must be PERF_EVENT_IOC_ENABLE, _DISABLE, _SET_BPF or _PAUSE_OUTPUT");
    return Napi::Value();
  }
  const int result = ioctl(fd, request, argument);
  return Napi::Number::New(info.Env(), result < 0 ? -errno : result);
}

}  // namespace bpf_native
