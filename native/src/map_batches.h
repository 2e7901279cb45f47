// The commands on many entries of a map at once. Since Linux 5.6.
#ifndef BPF_NATIVE_MAP_BATCHES_H_
#define BPF_NATIVE_MAP_BATCHES_H_

#include <algorithm>
#include <cstdint>
#include <napi.h>

namespace bpf_native {

// A cursor is memory of JavaScript: a u32 with the count of entries, in and out, and from this offset on where the kernel goes on.
inline constexpr uint64_t kCursorToken = 8;

// Hash maps go on at the number of a bucket, a u32; other kinds at a key.
constexpr uint64_t CursorBytes(uint64_t key_size) { return kCursorToken + std::max<uint64_t>((key_size + 7) & ~7ull, 8); }

napi_value MapLookupBatch(napi_env env, napi_callback_info info);
napi_value MapLookupAndDeleteBatch(napi_env env, napi_callback_info info);
napi_value MapUpdateBatch(napi_env env, napi_callback_info info);
napi_value MapDeleteBatch(napi_env env, napi_callback_info info);

}  // namespace bpf_native

#endif  // BPF_NATIVE_MAP_BATCHES_H_
