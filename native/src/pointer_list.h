// The list of pointers that JavaScript gives with an attribute.
#ifndef BPF_NATIVE_POINTER_LIST_H_
#define BPF_NATIVE_POINTER_LIST_H_

#include <cstdint>
#include <napi.h>
#include <vector>

namespace bpf_native {

// [offset, buffer, inside?]
struct PointerEntry {
  uint32_t offset;
  napi_value buffer;
  std::vector<PointerEntry> inside;
};

// Reads the list. Done before any buffer is looked at: reading an element of an array can run JavaScript (a getter, a proxy),
// which could detach a buffer whose address was taken already. False with an exception pending when it is not such a list.
bool ReadPointerList(napi_env env, napi_value list, std::vector<PointerEntry>* entries);

}  // namespace bpf_native

#endif  // BPF_NATIVE_POINTER_LIST_H_
