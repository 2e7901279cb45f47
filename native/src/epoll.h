#ifndef BPF_NATIVE_EPOLL_H_
#define BPF_NATIVE_EPOLL_H_

#include <napi.h>

namespace bpf_native {

Napi::Value Epoll(const Napi::CallbackInfo& info);

}  // namespace bpf_native

#endif  // BPF_NATIVE_EPOLL_H_
