#ifndef BPF_NATIVE_NETLINK_H_
#define BPF_NATIVE_NETLINK_H_

#include <napi.h>

namespace bpf_native {

Napi::Value Netlink(const Napi::CallbackInfo& info);

}  // namespace bpf_native

#endif  // BPF_NATIVE_NETLINK_H_
