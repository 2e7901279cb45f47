// bpf(2) for JavaScript: bpf() and bpfAsync() of the addon's interface.
#ifndef BPF_NATIVE_BPF_CALL_H_
#define BPF_NATIVE_BPF_CALL_H_

#include <napi.h>

namespace bpf_native {

Napi::Value BpfSync(const Napi::CallbackInfo& info);
Napi::Value BpfAsync(const Napi::CallbackInfo& info);

}  // namespace bpf_native

#endif  // BPF_NATIVE_BPF_CALL_H_
