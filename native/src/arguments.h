// Reads the arguments of a call from JavaScript.
#ifndef BPF_NATIVE_ARGUMENTS_H_
#define BPF_NATIVE_ARGUMENTS_H_

#include <cstddef>
#include <cstdint>
#include <napi.h>
#include <string>

namespace bpf_native {

struct Environment;

// Memory of a Uint8Array. Valid until JavaScript runs again: it may detach the buffer.
struct Bytes {
  uint8_t* data = nullptr;
  size_t size = 0;
};

// The memory of a value that must be a Uint8Array; false, and nothing thrown, when it is something else.
bool ReadBytes(napi_env env, napi_value value, Bytes* bytes);

void ThrowTypeError(napi_env env, const std::string& message);
void ThrowRangeError(napi_env env, const std::string& message);

// After the first wrong argument an exception is pending, ok() is false, and further ones read as zero.
class Arguments {
 public:
  explicit Arguments(const Napi::CallbackInfo& info) : info_(info) {}

  Environment& environment() const { return *static_cast<Environment*>(info_.Data()); }
  bool ok() const { return ok_; }

  // A number without fraction, from `minimum` to `maximum`.
  int64_t Integer(size_t index, const char* name, int64_t minimum, int64_t maximum);
  int Int32(size_t index, const char* name);
  uint32_t Uint32(size_t index, const char* name);
  bool Boolean(size_t index, const char* name);
  Bytes Uint8Array(size_t index, const char* name);
  // UTF-8 without NUL.
  std::string String(size_t index, const char* name);

 private:
  void Fail(const char* name, const char* wanted);

  const Napi::CallbackInfo& info_;
  bool ok_ = true;
};

}  // namespace bpf_native

#endif  // BPF_NATIVE_ARGUMENTS_H_
