// An attribute in native memory, with the addresses of buffers in place.
#ifndef BPF_NATIVE_BOUND_ATTRIBUTE_H_
#define BPF_NATIVE_BOUND_ATTRIBUTE_H_

#include <cstdlib>
#include <memory>
#include <napi.h>
#include <string>
#include <vector>

#include "descriptors.h"
#include "kernel_call.h"
#include "pointer_forms.h"
#include "pointer_list.h"

namespace bpf_native {

// Whether the kernel works on the memory of the Uint8Arrays, or on copies: on another thread JavaScript could change or
// free it meanwhile.
enum class Buffers { kInPlace, kCopied };

// Between Bind and CopyOut no JavaScript may run, unless buffers are copied and Retain was called.
class BoundAttribute {
 public:
  BoundAttribute(napi_env env, Buffers buffers) : env_(env), buffers_(buffers) {}
  ~BoundAttribute();
  BoundAttribute(const BoundAttribute&) = delete;
  BoundAttribute& operator=(const BoundAttribute&) = delete;

  // Copies the attribute's bytes in. False with an exception pending when that is no Uint8Array of a sensible size.
  bool Load(napi_value attribute);
  // Puts addresses in place. False with an exception pending when something does not fit; error() may be set in place of that.
  bool Bind(const Form& form, const std::vector<PointerEntry>& entries);
  // Keeps the Uint8Arrays that results go to alive until CopyOut.
  void Retain();
  // Gives results to the Uint8Arrays: those of copied buffers, and the attribute's own. No address is among them. False with an
  // exception pending when one was detached or shrunk meanwhile.
  bool CopyOut();

  // kAttributeRoom bytes.
  uint8_t* data() { return reinterpret_cast<uint8_t*>(room_); }
  // Bytes of the attribute as JavaScript gave it.
  size_t size() const { return size_; }
  // 0, or the -errno that the call must give without being made.
  int error() const { return error_; }

 private:
  struct FreeMemory {
    void operator()(uint8_t* memory) const { free(memory); }
  };

  // A Uint8Array whose content comes from native memory in the end.
  struct Result {
    napi_value array;
    napi_ref reference;
    const uint8_t* memory;
    size_t size;
  };

  bool BindFields(const Form& form, uint8_t* structure, size_t size, const std::vector<PointerEntry>& entries);
  bool BindPointer(const PointerField& field, uint8_t* structure, const PointerEntry& entry);
  bool BindStrings(uint8_t* addresses, size_t size, const std::vector<PointerEntry>& entries);
  bool BindInfo(uint8_t* info, size_t size, const std::vector<PointerEntry>& entries);
  // Zeroed memory that lives as long as this; null when there is none left, with error() set.
  uint8_t* Allocate(size_t size);
  void PutAddress(uint8_t* field, const void* address);
  bool TypeError(const std::string& message);
  bool RangeError(const std::string& message);

  napi_env env_;
  Buffers buffers_;
  uint64_t room_[kAttributeRoom / sizeof(uint64_t)] = {};
  size_t size_ = 0;
  int error_ = 0;
  std::vector<std::unique_ptr<uint8_t, FreeMemory>> memory_;
  std::vector<Result> results_;
  // Fields that hold addresses.
  std::vector<uint8_t*> addresses_;
  // Stands in for the descriptor in the attribute's first field, so that no other thread can exchange the object between the
  // look at its kind and the call.
  std::unique_ptr<ScopedDescriptor> object_;
  uint32_t object_fd_ = 0;
};

}  // namespace bpf_native

#endif  // BPF_NATIVE_BOUND_ATTRIBUTE_H_
