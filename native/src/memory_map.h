// Memory that is shared with the kernel: ring buffers, perf rings, mmapable arrays.
#ifndef BPF_NATIVE_MEMORY_MAP_H_
#define BPF_NATIVE_MEMORY_MAP_H_

#include <cstddef>
#include <cstdint>
#include <napi.h>
#include <unordered_map>

namespace bpf_native {

class Mappings;

// Destroyed by the finalizer of its ArrayBuffer's memory, which runs after an explicit unmap(), too.
struct Mapping {
  void* address;
  size_t length;
  // Null when the environment ended first.
  Mappings* owner;
  uintptr_t id;
  // False once the pages were given back.
  bool mapped;
};

class Mappings {
 public:
  Mappings() = default;
  ~Mappings();
  Mappings(const Mappings&) = delete;
  Mappings& operator=(const Mappings&) = delete;

  Mapping* Add(void* address, size_t length);
  void Forget(const Mapping& mapping);
  // Null for one that is gone.
  Mapping* Find(uintptr_t id) const;

 private:
  // Never reused: an ArrayBuffer keeps the number, and may outlive the mapping.
  uintptr_t last_id_ = 0;
  std::unordered_map<uintptr_t, Mapping*> mappings_;
};

Napi::Value Map(const Napi::CallbackInfo& info);
Napi::Value Unmap(const Napi::CallbackInfo& info);
Napi::Value AddressOf(const Napi::CallbackInfo& info);

}  // namespace bpf_native

#endif  // BPF_NATIVE_MEMORY_MAP_H_
