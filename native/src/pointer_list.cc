#include "pointer_list.h"

#include "arguments.h"

namespace bpf_native {

namespace {

// An attribute, information or an array of strings, a string.
constexpr int kLevels = 2;

// Puts in place of a failure inside JavaScript (a getter that throws) nothing: that exception stays.
bool Fail(napi_env env) {
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (!pending) ThrowTypeError(env, "pointers must be an array of [offset, Uint8Array, pointers inside]");
  return false;
}

bool ReadLevel(napi_env env, napi_value list, int levels, std::vector<PointerEntry>* entries) {
  bool is_array = false;
  uint32_t length = 0;
  if (levels == 0 || napi_is_array(env, list, &is_array) != napi_ok || !is_array) return Fail(env);
  if (napi_get_array_length(env, list, &length) != napi_ok) return Fail(env);
  for (uint32_t index = 0; index < length; index++) {
    napi_value item;
    napi_value offset;
    napi_value buffer;
    napi_value inside;
    if (napi_get_element(env, list, index, &item) != napi_ok) return Fail(env);
    if (napi_is_array(env, item, &is_array) != napi_ok || !is_array) return Fail(env);
    if (napi_get_element(env, item, 0, &offset) != napi_ok) return Fail(env);
    if (napi_get_element(env, item, 1, &buffer) != napi_ok) return Fail(env);
    if (napi_get_element(env, item, 2, &inside) != napi_ok) return Fail(env);
    PointerEntry entry{0, buffer, {}};
    double value;
    if (napi_get_value_double(env, offset, &value) != napi_ok) return Fail(env);
    if (!(value >= 0 && value <= UINT32_MAX)) return Fail(env);
    entry.offset = static_cast<uint32_t>(value);
    napi_valuetype type;
    if (napi_typeof(env, inside, &type) != napi_ok) return Fail(env);
    if (type != napi_undefined && !ReadLevel(env, inside, levels - 1, &entry.inside)) return false;
    entries->push_back(std::move(entry));
  }
  return true;
}

}  // namespace

bool ReadPointerList(napi_env env, napi_value list, std::vector<PointerEntry>* entries) {
  return ReadLevel(env, list, kLevels, entries);
}

}  // namespace bpf_native
