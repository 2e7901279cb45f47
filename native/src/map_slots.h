// Maps that are held open for element operations, each with a block of memory that JavaScript reads and writes directly.
#ifndef BPF_NATIVE_MAP_SLOTS_H_
#define BPF_NATIVE_MAP_SLOTS_H_

#include <cstdint>
#include <napi.h>
#include <vector>

#include "return_stack.h"

namespace bpf_native {

// The memory of a slot. It lives until both the slot is closed and the ArrayBuffer over it is gone.
struct Block {
  uint8_t* memory;
  int holders;
};

class MapSlots {
 public:
  // The part of union bpf_attr for the commands on one element, addresses in place. JavaScript never sees it.
  struct ElementAttribute {
    uint32_t map_fd;
    uint32_t pad;
    uint64_t key;
    uint64_t value;
    uint64_t flags;
  };

  struct Slot {
    uint32_t generation;
    int fd;
    Block* block;
    uint64_t key;
    uint64_t next_key;
    uint64_t value;
    // Bytes of one key, and of one value as the kernel copies it; what the commands on many entries use of their buffers.
    uint64_t key_bytes;
    uint64_t value_bytes;
    // Whether the addon knows the kind of map: what the kernel copies of one that came later is not known.
    bool known;
  };

  MapSlots() = default;
  ~MapSlots();
  MapSlots(const MapSlots&) = delete;
  MapSlots& operator=(const MapSlots&) = delete;

  // A handle, or -errno.
  int Add(const Slot& slot);
  void Close(uint32_t handle);

  // What IsReturnStackLost() said on the environment's thread.
  bool is_return_stack_lost() const { return is_return_stack_lost_; }

  // Null for a handle that is not open.
  Slot* Find(uint32_t handle) {
    const uint32_t index = handle & kIndexMask;
    if (index >= slots_.size()) return nullptr;
    Slot& slot = slots_[index];
    return slot.fd >= 0 && slot.generation == handle >> kIndexBits ? &slot : nullptr;
  }

 private:
  // Handles are small integers of JavaScript: 31 bits, never 0. A place is used some 2000 times and then never again, so that no
  // handle is.
  static constexpr uint32_t kIndexBits = 20;
  static constexpr uint32_t kIndexMask = (1u << kIndexBits) - 1;
  static constexpr uint32_t kGenerations = 1u << (31 - kIndexBits);

  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  const bool is_return_stack_lost_ = IsReturnStackLost();
};

Napi::Value OpenMapSlot(const Napi::CallbackInfo& info);
Napi::Value CloseMapSlot(const Napi::CallbackInfo& info);

// The operations are bare Node-API functions: they are called millions of times per second.
napi_value MapLookup(napi_env env, napi_callback_info info);
napi_value MapUpdate(napi_env env, napi_callback_info info);
napi_value MapDelete(napi_env env, napi_callback_info info);
napi_value MapLookupAndDelete(napi_env env, napi_callback_info info);
napi_value MapNextKey(napi_env env, napi_callback_info info);

}  // namespace bpf_native

#endif  // BPF_NATIVE_MAP_SLOTS_H_
