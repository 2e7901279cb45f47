// The addon's entry: see packages/loader/src/sys/addon-interface.ts for what each function does.
#include <cerrno>
#include <fcntl.h>
#include <napi.h>
#include <sys/resource.h>
#include <unistd.h>

#include "arguments.h"
#include "bpf_call.h"
#include "cpus.h"
#include "environment.h"
#include "epoll.h"
#include "map_batches.h"
#include "map_slots.h"
#include "memory_map.h"
#include "netlink.h"
#include "perf_event.h"
#include "poll.h"
#include "socket_filter.h"

namespace bpf_native {

namespace {

// Version of the interface; the loader refuses another.
constexpr int kAbi = 2;

Napi::Value Dup(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const int fd = arguments.Int32(0, "fd");
  if (!arguments.ok()) return Napi::Value();
  return Napi::Number::New(info.Env(), arguments.environment().descriptors.Adopt(Duplicate(fd)));
}

Napi::Value Open(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const std::string path = arguments.String(0, "path");
  const int flags = arguments.Int32(1, "flags");
  if (!arguments.ok()) return Napi::Value();
  // O_TMPFILE has the bit of O_DIRECTORY, too, which is fine alone.
  if ((flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE) {
    ThrowRangeError(info.Env(), "flags must not create a file");
    return Napi::Value();
  }
  const int fd = open(path.c_str(), flags | O_CLOEXEC);
  return Napi::Number::New(info.Env(), arguments.environment().descriptors.Adopt(fd < 0 ? -errno : fd));
}

Napi::Value PidfdOpen(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const int pid = arguments.Int32(0, "pid");
  const bool thread = arguments.Boolean(1, "thread");
  if (!arguments.ok()) return Napi::Value();
  // The bare call by its number, the same everywhere: neither C libraries nor headers from before 2020 have it.
  constexpr long kPidfdOpen = 434;
  // PIDFD_THREAD is O_EXCL.
  const long fd = syscall(kPidfdOpen, pid, thread ? O_EXCL : 0);
  const int result = fd < 0 ? -errno : static_cast<int>(fd);
  return Napi::Number::New(info.Env(), arguments.environment().descriptors.Adopt(result));
}

Napi::Value Close(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const int fd = arguments.Int32(0, "fd");
  if (!arguments.ok()) return Napi::Value();
  return Napi::Number::New(info.Env(), arguments.environment().descriptors.Close(fd));
}

Napi::Value GetPossibleCpus(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), PossibleCpus()); }

Napi::Value GetPageSize(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(sysconf(_SC_PAGESIZE)));
}

Napi::Value RaiseMemoryLimit(const Napi::CallbackInfo& info) {
  // Without CAP_SYS_RESOURCE the hard limit is as far as it goes.
  rlimit limit{RLIM_INFINITY, RLIM_INFINITY};
  int result = setrlimit(RLIMIT_MEMLOCK, &limit);
  if (result < 0 && errno == EPERM && getrlimit(RLIMIT_MEMLOCK, &limit) == 0) {
    const bool is_raised = limit.rlim_cur < limit.rlim_max;
    limit.rlim_cur = limit.rlim_max;
    errno = EPERM;
    if (is_raised) result = setrlimit(RLIMIT_MEMLOCK, &limit);
  }
  return Napi::Number::New(info.Env(), result < 0 ? -errno : 0);
}

struct Method {
  const char* name;
  Napi::Value (*function)(const Napi::CallbackInfo& info);
};

constexpr Method kMethods[] = {
    {"bpf", BpfSync},
    {"bpfAsync", BpfAsync},
    {"perfEventOpen", PerfEventOpen},
    {"ioctl", Ioctl},
    {"netlink", Netlink},
    {"setSocketFilter", SetSocketFilter},
    {"dup", Dup},
    {"open", Open},
    {"pidfdOpen", PidfdOpen},
    {"close", Close},
    {"openMapSlot", OpenMapSlot},
    {"closeMapSlot", CloseMapSlot},
    {"map", Map},
    {"unmap", Unmap},
    {"addressOf", AddressOf},
    {"startPoll", StartPoll},
    {"stopPoll", StopPoll},
    {"epoll", Epoll},
    {"possibleCpus", GetPossibleCpus},
    {"pageSize", GetPageSize},
    {"raiseMemoryLimit", RaiseMemoryLimit},
};

struct HotMethod {
  const char* name;
  napi_callback function;
};

constexpr HotMethod kHotMethods[] = {
    {"mapLookup", MapLookup},
    {"mapUpdate", MapUpdate},
    {"mapDelete", MapDelete},
    {"mapLookupAndDelete", MapLookupAndDelete},
    {"mapNextKey", MapNextKey},
    {"mapLookupBatch", MapLookupBatch},
    {"mapLookupAndDeleteBatch", MapLookupAndDeleteBatch},
    {"mapUpdateBatch", MapUpdateBatch},
    {"mapDeleteBatch", MapDeleteBatch},
};

Napi::Object Initialize(Napi::Env env, Napi::Object exports) {
  auto* environment = new Environment(env);
  env.SetInstanceData<Environment>(environment);
  exports["abi"] = Napi::Number::New(env, kAbi);
  for (const Method& method : kMethods) {
    exports[method.name] = Napi::Function::New(env, method.function, method.name, environment);
  }
  for (const HotMethod& method : kHotMethods) {
    napi_value function;
    napi_create_function(env, method.name, NAPI_AUTO_LENGTH, method.function, environment, &function);
    exports[method.name] = Napi::Value(env, function);
  }
  return exports;
}

NODE_API_MODULE(bpf_native, Initialize)

}  // namespace

}  // namespace bpf_native
