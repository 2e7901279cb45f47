#ifndef BPF_NATIVE_SOCKET_FILTER_H_
#define BPF_NATIVE_SOCKET_FILTER_H_

#include <napi.h>

namespace bpf_native {

Napi::Value SetSocketFilter(const Napi::CallbackInfo& info);

}  // namespace bpf_native

#endif  // BPF_NATIVE_SOCKET_FILTER_H_
