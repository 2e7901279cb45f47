#include "map_slots.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <unistd.h>

#include "arguments.h"
#include "cpus.h"
#include "environment.h"
#include "kernel_call.h"
#include "map_batches.h"
#include "object_kind.h"

namespace bpf_native {

namespace {

void LetGo(Block* block) {
  if (--block->holders > 0) return;
  free(block->memory);
  delete block;
}

constexpr uint64_t Aligned(uint64_t size) { return (size + 7) & ~uint64_t{7}; }

// enum bpf_map_type: the kinds with a value for each possible CPU (bpf_map_value_size() in kernel/bpf/syscall.c).
bool IsPerCpu(uint32_t type) {
  constexpr uint32_t kPercpuHash = 5;
  constexpr uint32_t kPercpuArray = 6;
  constexpr uint32_t kLruPercpuHash = 10;
  constexpr uint32_t kPercpuCgroupStorage = 21;
  return type == kPercpuHash || type == kPercpuArray || type == kLruPercpuHash || type == kPercpuCgroupStorage;
}

// The last kind that this was written for, BPF_MAP_TYPE_RHASH.
constexpr uint32_t kLastKnownType = 35;

// ArrayBuffers of this size work in every build of Node.
constexpr uint64_t kLargestBlock = uint64_t{1} << 32;

}  // namespace

MapSlots::~MapSlots() {
  for (Slot& slot : slots_) {
    if (slot.fd < 0) continue;
    close(slot.fd);
    LetGo(slot.block);
  }
}

int MapSlots::Add(const Slot& slot) {
  uint32_t index;
  if (free_.empty()) {
    index = static_cast<uint32_t>(slots_.size());
    if (index > kIndexMask) return -EMFILE;
    slots_.push_back({1, -1, nullptr, 0, 0, 0, 0, 0, false});
  } else {
    index = free_.back();
    free_.pop_back();
  }
  const uint32_t generation = slots_[index].generation;
  slots_[index] = slot;
  slots_[index].generation = generation;
  return static_cast<int>(generation << kIndexBits | index);
}

void MapSlots::Close(uint32_t handle) {
  Slot* slot = Find(handle);
  if (slot == nullptr) return;
  close(slot->fd);
  LetGo(slot->block);
  slot->fd = -1;
  slot->generation++;
  if (slot->generation < kGenerations) free_.push_back(handle & kIndexMask);
}

Napi::Value OpenMapSlot(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const int fd = arguments.Int32(0, "fd");
  if (!arguments.ok()) return Napi::Value();
  const Napi::Env env = info.Env();
  Environment& environment = arguments.environment();
  if (!environment.descriptors.Owns(fd)) return Napi::Number::New(env, -EBADF);

  MapFacts facts;
  const int result = ReadMapFacts(fd, &facts);
  if (result < 0) return Napi::Number::New(env, result);
  const ObjectKind kind = KindOf(fd);
  // Without /proc the kind is not known; the kernel refuses element operations on anything else then.
  if (kind != ObjectKind::kMap && kind != ObjectKind::kOther) return Napi::Number::New(env, -EINVAL);

  const bool known = facts.type <= kLastKnownType;
  uint64_t value_bytes = facts.value_size;
  uint64_t all_cpus_bytes = value_bytes;
  if (IsPerCpu(facts.type) || !known) {
    const int cpus = PossibleCpus();
    if (cpus < 0) return Napi::Number::New(env, cpus);
    all_cpus_bytes = Aligned(value_bytes) * static_cast<uint64_t>(cpus);
    if (known) value_bytes = all_cpus_bytes;
  }
  // Never less than a descriptor, an id or a cookie, whatever a kind of map shows in place of its value; a kind that is not known
  // may have a value for each CPU.
  const uint64_t key_room = std::max<uint64_t>(Aligned(facts.key_size), 8);
  const uint64_t value_room = std::max<uint64_t>(Aligned(all_cpus_bytes), 8);
  const uint64_t total = 2 * key_room + value_room;
  if (total > kLargestBlock) return Napi::Number::New(env, -E2BIG);
  auto* memory = static_cast<uint8_t*>(calloc(total, 1));
  if (memory == nullptr) return Napi::Number::New(env, -ENOMEM);

  auto* block = new Block{memory, 1};
  napi_value buffer;
  const napi_status status = napi_create_external_arraybuffer(
      env, memory, total, [](napi_env, void*, void* hint) { LetGo(static_cast<Block*>(hint)); }, block, &buffer);
  if (status != napi_ok) {
    LetGo(block);
    napi_throw_error(env, nullptr, "this build of Node refuses ArrayBuffers over native memory");
    return Napi::Value();
  }
  block->holders++;
  const uint64_t base = reinterpret_cast<uintptr_t>(memory);
  // Queues, stacks and bloom filters have no key, and the kernel wants NULL then.
  const uint64_t key = facts.key_size == 0 ? 0 : base;
  const int handle = environment.slots.Add(
      {0, fd, block, key, base + key_room, base + 2 * key_room, facts.key_size, value_bytes, known});
  if (handle < 0) {
    LetGo(block);
    return Napi::Number::New(env, handle);
  }
  environment.descriptors.Release(fd);

  Napi::Object slot = Napi::Object::New(env);
  slot["handle"] = Napi::Number::New(env, handle);
  slot["buffer"] = Napi::Value(env, buffer);
  slot["keyOffset"] = Napi::Number::New(env, 0);
  slot["nextKeyOffset"] = Napi::Number::New(env, static_cast<double>(key_room));
  slot["valueOffset"] = Napi::Number::New(env, static_cast<double>(2 * key_room));
  slot["valueBytes"] = Napi::Number::New(env, static_cast<double>(value_bytes));
  slot["cursorBytes"] = Napi::Number::New(env, static_cast<double>(CursorBytes(facts.key_size)));
  return slot;
}

Napi::Value CloseMapSlot(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const uint32_t handle = arguments.Uint32(0, "handle");
  if (arguments.ok()) arguments.environment().slots.Close(handle);
  return info.Env().Undefined();
}

namespace {

// The arguments of an operation. `slot` stays null for a handle that is not open; ok is false with an exception pending.
struct Operation {
  MapSlots::Slot* slot = nullptr;
  napi_value second = nullptr;
  bool return_stack_lost = false;
  bool ok = false;

  Operation(napi_env env, napi_callback_info info) {
    size_t count = 2;
    napi_value arguments[2];
    void* data;
    uint32_t handle;
    if (napi_get_cb_info(env, info, &count, arguments, nullptr, &data) != napi_ok) return;
    if (napi_get_value_uint32(env, arguments[0], &handle) != napi_ok) {
      ThrowTypeError(env, "handle must be a number");
      return;
    }
    MapSlots& slots = static_cast<Environment*>(data)->slots;
    slot = slots.Find(handle);
    return_stack_lost = slots.is_return_stack_lost();
    second = arguments[1];
    ok = true;
  }
};

napi_value Result(napi_env env, int result) {
  napi_value value = nullptr;
  napi_create_int32(env, result, &value);
  return value;
}

int CallElement(uint32_t command, const Operation& operation, uint64_t key, uint64_t value, uint64_t flags) {
  MapSlots::ElementAttribute attribute{static_cast<uint32_t>(operation.slot->fd), 0, key, value, flags};
  return QuickBpf(command, &attribute, sizeof(attribute), operation.return_stack_lost);
}

napi_value ElementOperation(napi_env env, napi_callback_info info, uint32_t command) {
  const Operation operation(env, info);
  int64_t flags = 0;
  if (!operation.ok) return nullptr;
  if (napi_get_value_int64(env, operation.second, &flags) != napi_ok) {
    ThrowTypeError(env, "flags must be a number");
    return nullptr;
  }
  if (operation.slot == nullptr) return Result(env, -EBADF);
  const MapSlots::Slot& slot = *operation.slot;
  return Result(env, CallElement(command, operation, slot.key, slot.value, static_cast<uint64_t>(flags)));
}

}  // namespace

napi_value MapLookup(napi_env env, napi_callback_info info) { return ElementOperation(env, info, kMapLookupElem); }

napi_value MapUpdate(napi_env env, napi_callback_info info) { return ElementOperation(env, info, kMapUpdateElem); }

napi_value MapLookupAndDelete(napi_env env, napi_callback_info info) {
  return ElementOperation(env, info, kMapLookupAndDeleteElem);
}

napi_value MapDelete(napi_env env, napi_callback_info info) {
  const Operation operation(env, info);
  if (!operation.ok) return nullptr;
  if (operation.slot == nullptr) return Result(env, -EBADF);
  return Result(env, CallElement(kMapDeleteElem, operation, operation.slot->key, 0, 0));
}

napi_value MapNextKey(napi_env env, napi_callback_info info) {
  const Operation operation(env, info);
  bool first = false;
  if (!operation.ok) return nullptr;
  if (napi_get_value_bool(env, operation.second, &first) != napi_ok) {
    ThrowTypeError(env, "first must be a boolean");
    return nullptr;
  }
  if (operation.slot == nullptr) return Result(env, -EBADF);
  const MapSlots::Slot& slot = *operation.slot;
  return Result(env, CallElement(kMapGetNextKey, operation, first ? 0 : slot.key, slot.next_key, 0));
}

}  // namespace bpf_native
