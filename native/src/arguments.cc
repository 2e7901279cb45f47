#include "arguments.h"

#include <cmath>

namespace bpf_native {

bool ReadBytes(napi_env env, napi_value value, Bytes* bytes) {
  bool is_typed_array = false;
  if (napi_is_typedarray(env, value, &is_typed_array) != napi_ok || !is_typed_array) return false;
  napi_typedarray_type type;
  void* data;
  if (napi_get_typedarray_info(env, value, &type, &bytes->size, &data, nullptr, nullptr) != napi_ok) return false;
  bytes->data = static_cast<uint8_t*>(data);
  return type == napi_uint8_array;
}

// Not by node-addon-api: where nothing can be thrown, as in a worker that is being terminated, that ends the process.
void ThrowTypeError(napi_env env, const std::string& message) {
  napi_throw_type_error(env, nullptr, message.c_str());
}

void ThrowRangeError(napi_env env, const std::string& message) {
  napi_throw_range_error(env, nullptr, message.c_str());
}

int64_t Arguments::Integer(size_t index, const char* name, int64_t minimum, int64_t maximum) {
  if (!ok_) return 0;
  double value = 0;
  if (napi_get_value_double(info_.Env(), info_[index], &value) != napi_ok) {
    Fail(name, "a number");
    return 0;
  }
  if (std::trunc(value) != value || !(value >= static_cast<double>(minimum) && value <= static_cast<double>(maximum))) {
    ok_ = false;
    ThrowRangeError(info_.Env(), std::string(name) + " must be an integer from " + std::to_string(minimum) + " to " +
                                     std::to_string(maximum));
    return 0;
  }
  return static_cast<int64_t>(value);
}

int Arguments::Int32(size_t index, const char* name) {
  return static_cast<int>(Integer(index, name, INT32_MIN, INT32_MAX));
}

uint32_t Arguments::Uint32(size_t index, const char* name) {
  return static_cast<uint32_t>(Integer(index, name, 0, UINT32_MAX));
}

bool Arguments::Boolean(size_t index, const char* name) {
  bool value = false;
  if (ok_ && napi_get_value_bool(info_.Env(), info_[index], &value) != napi_ok) Fail(name, "a boolean");
  return value;
}

Bytes Arguments::Uint8Array(size_t index, const char* name) {
  Bytes bytes;
  if (ok_ && !ReadBytes(info_.Env(), info_[index], &bytes)) {
    Fail(name, "a Uint8Array");
    return {};
  }
  return bytes;
}

std::string Arguments::String(size_t index, const char* name) {
  if (!ok_) return {};
  if (!info_[index].IsString()) {
    Fail(name, "a string");
    return {};
  }
  std::string value = info_[index].As<Napi::String>().Utf8Value();
  if (value.find('\0') == std::string::npos) return value;
  Fail(name, "a string without NUL");
  return {};
}

void Arguments::Fail(const char* name, const char* wanted) {
  ok_ = false;
  ThrowTypeError(info_.Env(), std::string(name) + " must be " + wanted);
}

}  // namespace bpf_native
