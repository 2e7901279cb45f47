#include "map_batches.h"

#include <cerrno>
#include <cstring>

#include "arguments.h"
#include "environment.h"
#include "kernel_call.h"

namespace bpf_native {

namespace {

// The part of union bpf_attr for the commands on many entries.
struct BatchAttribute {
  uint64_t in_batch;
  uint64_t out_batch;
  uint64_t keys;
  uint64_t values;
  uint32_t count;
  uint32_t map_fd;
  uint64_t element_flags;
  uint64_t flags;
};
static_assert(sizeof(BatchAttribute) == 56);

// What a command uses, in the order of the arguments: handle, flags, cursor, keys, values, first.
struct Command {
  uint32_t number;
  bool values;
  bool tokens;
};

constexpr size_t kMostArguments = 6;

uint64_t Address(const Bytes& bytes) { return reinterpret_cast<uintptr_t>(bytes.data); }

bool Holds(const Bytes& bytes, uint64_t count, uint64_t element) {
  return element == 0 || count <= bytes.size / element;
}

napi_value ThrowType(napi_env env, const char* message) {
  ThrowTypeError(env, message);
  return nullptr;
}

napi_value ThrowRange(napi_env env, const char* message) {
  ThrowRangeError(env, message);
  return nullptr;
}

// Nothing between reading the addresses and the call runs JavaScript, which could detach a buffer.
napi_value BatchOperation(napi_env env, napi_callback_info info, const Command& command) {
  size_t given = kMostArguments;
  napi_value arguments[kMostArguments];
  void* data;
  if (napi_get_cb_info(env, info, &given, arguments, nullptr, &data) != napi_ok) return nullptr;
  uint32_t handle;
  int64_t flags;
  Bytes cursor;
  Bytes keys;
  Bytes values;
  bool first = true;
  if (napi_get_value_uint32(env, arguments[0], &handle) != napi_ok) return ThrowType(env, "handle must be a number");
  if (napi_get_value_int64(env, arguments[1], &flags) != napi_ok) return ThrowType(env, "flags must be a number");
  if (!ReadBytes(env, arguments[2], &cursor)) return ThrowType(env, "cursor must be a Uint8Array");
  if (!ReadBytes(env, arguments[3], &keys)) return ThrowType(env, "keys must be a Uint8Array");
  if (command.values && !ReadBytes(env, arguments[4], &values)) return ThrowType(env, "values must be a Uint8Array");
  if (command.tokens && napi_get_value_bool(env, arguments[5], &first) != napi_ok) {
    return ThrowType(env, "first must be a boolean");
  }

  int result = -EBADF;
  const MapSlots::Slot* slot = static_cast<Environment*>(data)->slots.Find(handle);
  if (slot != nullptr) {
    if (cursor.size < CursorBytes(slot->key_bytes)) return ThrowRange(env, "cursor is too short");
    BatchAttribute attribute{};
    memcpy(&attribute.count, cursor.data, sizeof(attribute.count));
    if (!Holds(keys, attribute.count, slot->key_bytes)) return ThrowRange(env, "keys are shorter than the count says");
    if (command.values && !Holds(values, attribute.count, slot->value_bytes)) {
      return ThrowRange(env, "values are shorter than the count says");
    }
    attribute.map_fd = static_cast<uint32_t>(slot->fd);
    attribute.element_flags = static_cast<uint64_t>(flags);
    attribute.keys = Address(keys);
    attribute.values = Address(values);
    if (command.tokens) {
      // The kernel reads where to go on before it writes it.
      attribute.out_batch = Address(cursor) + kCursorToken;
      attribute.in_batch = first ? 0 : attribute.out_batch;
    }
    const uint32_t wanted = attribute.count;
    result = slot->known ? Bpf(command.number, &attribute, sizeof(attribute)) : -EOPNOTSUPP;
    // Where the kernel gives up before it starts, the count stays as it was.
    const bool untouched = result < 0 && result != -ENOENT && attribute.count == wanted;
    const uint32_t done = untouched ? 0 : std::min(attribute.count, wanted);
    memcpy(cursor.data, &done, sizeof(done));
  }
  napi_value value = nullptr;
  napi_create_int32(env, result, &value);
  return value;
}

}  // namespace

napi_value MapLookupBatch(napi_env env, napi_callback_info info) {
  return BatchOperation(env, info, {kMapLookupBatch, true, true});
}

napi_value MapLookupAndDeleteBatch(napi_env env, napi_callback_info info) {
  return BatchOperation(env, info, {kMapLookupAndDeleteBatch, true, true});
}

napi_value MapUpdateBatch(napi_env env, napi_callback_info info) {
  return BatchOperation(env, info, {kMapUpdateBatch, true, false});
}

napi_value MapDeleteBatch(napi_env env, napi_callback_info info) {
  return BatchOperation(env, info, {kMapDeleteBatch, false, false});
}

}  // namespace bpf_native
