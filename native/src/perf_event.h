#ifndef BPF_NATIVE_PERF_EVENT_H_
#define BPF_NATIVE_PERF_EVENT_H_

#include <napi.h>

namespace bpf_native {

Napi::Value PerfEventOpen(const Napi::CallbackInfo& info);
Napi::Value Ioctl(const Napi::CallbackInfo& info);

}  // namespace bpf_native

#endif  // BPF_NATIVE_PERF_EVENT_H_
