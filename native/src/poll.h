// Readiness of descriptors, on the environment's event loop.
#ifndef BPF_NATIVE_POLL_H_
#define BPF_NATIVE_POLL_H_

#include <cstdint>
#include <napi.h>
#include <unordered_map>

namespace bpf_native {

struct Poll;

class Polls {
 public:
  explicit Polls(napi_env env);
  ~Polls();
  Polls(const Polls&) = delete;
  Polls& operator=(const Polls&) = delete;

  // A handle, or -errno.
  int Start(int fd, napi_value callback);
  void Stop(int handle);

 private:
  friend struct Poll;

  static void CloseAll(napi_async_cleanup_hook_handle hook, void* data);
  void Closed();

  napi_env env_;
  napi_async_cleanup_hook_handle hook_ = nullptr;
  bool ending_ = false;
  int last_handle_ = 0;
  // Handles of libuv that are not closed yet; more than polls_ has.
  size_t open_ = 0;
  std::unordered_map<int, Poll*> polls_;
};

Napi::Value StartPoll(const Napi::CallbackInfo& info);
Napi::Value StopPoll(const Napi::CallbackInfo& info);

}  // namespace bpf_native

#endif  // BPF_NATIVE_POLL_H_
