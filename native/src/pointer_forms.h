// Which fields of the kernel's structures are addresses, and how much memory the kernel uses there.
//
// Everything that is handed to bpf(2) goes by these tables, so that a number from JavaScript never becomes an address, and
// the kernel never writes past a buffer. Layouts are append-only (include/uapi/linux/bpf.h); what lies behind the known part
// of a structure must be zero.
#ifndef BPF_NATIVE_POINTER_FORMS_H_
#define BPF_NATIVE_POINTER_FORMS_H_

#include <cstddef>
#include <cstdint>
#include <span>

namespace bpf_native {

// What the kernel does with the memory.
enum class Direction : uint8_t { kIn, kOut, kInOut };

// How much memory it uses.
enum class Extent : uint8_t {
  // Up to a NUL.
  kString,
  // A u32 field, times a fixed number of bytes.
  kCount,
  // As kCount; 0 in the field stands for "no limit", so that it is refused.
  kCountNotZero,
  // As kCount; 0 in the field stands for all of the buffer: instructions name the elements, by an index of 15 bits. Behind the buffer
  // they find zeros.
  kCountOrIndexed,
  // A u32 field, times another u32 field.
  kRecords,
};

// Pointers in the memory itself.
enum class Inside : uint8_t {
  kNone,
  // Addresses of strings, nothing else.
  kStrings,
  // Information about an object: depends on the descriptor in the attribute's first field.
  kObjectInfo,
};

struct PointerField {
  uint16_t offset;
  Direction direction;
  Extent extent;
  // Offset of the u32 field with the count.
  uint16_t count_field = 0;
  // Bytes of an element; with kRecords the offset of the u32 field that tells them.
  uint16_t element = 1;
  Inside inside = Inside::kNone;
};

// A structure, as far as it matters here.
struct Form {
  // Bytes of the known part.
  size_t size;
  std::span<const PointerField> pointers;
  // The result of the command is a new descriptor.
  bool opens = false;
};

// The form of a command's part of union bpf_attr. `attribute` has kAttributeRoom bytes. Null for an unknown command, and for
// those on map elements, whose lengths depend on the map: they go through map slots.
const Form* FormOfCommand(uint32_t command, const uint8_t* attribute);

// The form of what BPF_OBJ_GET_INFO_BY_FD tells about this descriptor; null when that can't be found out.
const Form* FormOfInfo(int fd);

// The form of an array of `count` strings.
inline constexpr size_t kAddressSize = 8;

// The part of struct perf_event_attr that can be an address: `config1`, the name of a kprobe's function or uprobe's file.
extern const Form kPerfEventForm;

}  // namespace bpf_native

#endif  // BPF_NATIVE_POINTER_FORMS_H_
