#include "bound_attribute.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "arguments.h"

namespace bpf_native {

namespace {

// Elements that a 16-bit offset of an instruction, which is not negative, can name.
constexpr uint64_t kIndexes = 1 << 15;

uint32_t ReadU32(const uint8_t* at) {
  uint32_t value;
  memcpy(&value, at, sizeof(value));
  return value;
}

bool IsZero(const uint8_t* begin, const uint8_t* end) {
  return std::all_of(begin, end, [](uint8_t byte) { return byte == 0; });
}

std::string At(uint32_t offset) { return " at offset " + std::to_string(offset); }

const PointerEntry* EntryAt(const std::vector<PointerEntry>& entries, uint32_t offset) {
  for (const PointerEntry& entry : entries) {
    if (entry.offset == offset) return &entry;
  }
  return nullptr;
}

}  // namespace

BoundAttribute::~BoundAttribute() {
  for (const Result& result : results_) {
    if (result.reference != nullptr) napi_delete_reference(env_, result.reference);
  }
}

bool BoundAttribute::Load(napi_value attribute) {
  Bytes bytes;
  if (!ReadBytes(env_, attribute, &bytes)) return TypeError("attribute must be a Uint8Array");
  if (bytes.size > kAttributeRoom) {
    return RangeError("attribute must have at most " + std::to_string(kAttributeRoom) + " bytes");
  }
  if (bytes.size > 0) memcpy(data(), bytes.data, bytes.size);
  size_ = bytes.size;
  results_.push_back({attribute, nullptr, data(), size_});
  return true;
}

bool BoundAttribute::Bind(const Form& form, const std::vector<PointerEntry>& entries) {
  return BindFields(form, data(), size_, entries);
}

void BoundAttribute::Retain() {
  for (Result& result : results_) napi_create_reference(env_, result.array, 1, &result.reference);
}

bool BoundAttribute::CopyOut() {
  for (uint8_t* field : addresses_) memset(field, 0, kAddressSize);
  if (object_ != nullptr) memcpy(data(), &object_fd_, sizeof(object_fd_));
  for (Result& result : results_) {
    Bytes bytes;
    napi_value array = result.array;
    if (result.reference != nullptr) napi_get_reference_value(env_, result.reference, &array);
    if (!ReadBytes(env_, array, &bytes) || bytes.size < result.size) {
      return RangeError("a buffer was detached or shrunk during the call");
    }
    if (result.size > 0) memcpy(bytes.data, result.memory, result.size);
  }
  return true;
}

// `structure` has at least form.size bytes of memory, of which JavaScript gave `size`.
bool BoundAttribute::BindFields(const Form& form, uint8_t* structure, size_t size,
                                const std::vector<PointerEntry>& entries) {
  if (size > form.size && !IsZero(structure + form.size, structure + size)) {
    return TypeError("bytes from offset " + std::to_string(form.size) + " on must be zero: they are not known");
  }
  size_t bound = 0;
  for (const PointerField& field : form.pointers) {
    if (!IsZero(structure + field.offset, structure + field.offset + kAddressSize)) {
      const PointerEntry* entry = EntryAt(entries, field.offset);
      return TypeError("the field" + At(field.offset) + (entry == nullptr ? " is a pointer" : " is given twice") +
                       ": its bytes must be zero");
    }
    const PointerEntry* entry = EntryAt(entries, field.offset);
    if (entry == nullptr) continue;
    if (field.offset + kAddressSize > size) {
      return RangeError("the structure is too short for a pointer" + At(field.offset));
    }
    if (!BindPointer(field, structure, *entry)) return false;
    bound++;
  }
  if (bound == entries.size()) return true;
  return TypeError("pointers hold an offset twice, or one that is not a pointer of this structure");
}

bool BoundAttribute::BindPointer(const PointerField& field, uint8_t* structure, const PointerEntry& entry) {
  Bytes bytes;
  if (!ReadBytes(env_, entry.buffer, &bytes)) return TypeError("the pointer" + At(field.offset) + " must be a Uint8Array");
  uint64_t size = 0;
  uint64_t room = kAttributeRoom;
  bool indexed = false;
  if (field.extent == Extent::kString) {
    const void* end = bytes.size == 0 ? nullptr : memchr(bytes.data, 0, bytes.size);
    if (end == nullptr) return RangeError("the string" + At(field.offset) + " must end with a NUL");
    size = static_cast<size_t>(static_cast<const uint8_t*>(end) - bytes.data) + 1;
  } else {
    const uint64_t count = ReadU32(structure + field.count_field);
    if (field.extent == Extent::kCountNotZero && count == 0) {
      return RangeError("the size of the buffer" + At(field.offset) + " must not be 0");
    }
    size = count * (field.extent == Extent::kRecords ? ReadU32(structure + field.element) : field.element);
    indexed = field.extent == Extent::kCountOrIndexed && count == 0;
    if (indexed) {
      size = bytes.size;
      room = kIndexes * field.element;
    }
  }
  if (bytes.size < size) {
    return RangeError("the buffer" + At(field.offset) + " has " + std::to_string(bytes.size) +
                      " bytes, but the attribute says " + std::to_string(size));
  }
  if (field.inside == Inside::kNone && !entry.inside.empty()) {
    return TypeError("the buffer" + At(field.offset) + " holds no pointers");
  }
  if (size == 0) return true;  // NULL
  uint8_t* memory = bytes.data;
  // What holds addresses is copied always: JavaScript must neither see them nor change them.
  if (buffers_ == Buffers::kCopied || field.inside != Inside::kNone || indexed) {
    memory = Allocate(std::max(size, room));
    if (memory == nullptr) return true;
    if (field.direction != Direction::kOut) memcpy(memory, bytes.data, size);
    if (field.direction != Direction::kIn) results_.push_back({entry.buffer, nullptr, memory, size});
  }
  PutAddress(structure + field.offset, memory);
  switch (field.inside) {
    case Inside::kNone:
      return true;
    case Inside::kStrings:
      return BindStrings(memory, size, entry.inside);
    case Inside::kObjectInfo:
      return BindInfo(memory, size, entry.inside);
  }
  return true;
}

bool BoundAttribute::BindStrings(uint8_t* addresses, size_t size, const std::vector<PointerEntry>& entries) {
  if (!IsZero(addresses, addresses + size)) return TypeError("an array of strings must be zero: its items are pointers");
  for (const PointerEntry& entry : entries) {
    if (entry.offset % kAddressSize != 0 || entry.offset >= size) {
      return RangeError("an array of " + std::to_string(size / kAddressSize) + " strings has no pointer" + At(entry.offset));
    }
    const PointerField item = {.offset = 0, .direction = Direction::kIn, .extent = Extent::kString};
    if (!BindPointer(item, addresses + entry.offset, entry)) return false;
  }
  return true;
}

bool BoundAttribute::BindInfo(uint8_t* info, size_t size, const std::vector<PointerEntry>& entries) {
  // Nothing that the kernel could take for an address.
  if (entries.empty() && IsZero(info, info + size)) return true;
  object_fd_ = ReadU32(data());
  object_ = std::make_unique<ScopedDescriptor>(Duplicate(static_cast<int>(object_fd_)));
  if (!object_->valid()) {
    error_ = object_->get();
    return true;
  }
  const auto fd = static_cast<uint32_t>(object_->get());
  memcpy(data(), &fd, sizeof(fd));
  const Form* form = FormOfInfo(object_->get());
  if (form == nullptr) return TypeError("the information about this object must be zero: it is not known which fields are pointers");
  return BindFields(*form, info, size, entries);
}

uint8_t* BoundAttribute::Allocate(size_t size) {
  auto* memory = static_cast<uint8_t*>(calloc(size, 1));
  if (memory == nullptr) {
    error_ = -ENOMEM;
    return nullptr;
  }
  memory_.emplace_back(memory);
  return memory;
}

void BoundAttribute::PutAddress(uint8_t* field, const void* address) {
  const uint64_t value = reinterpret_cast<uintptr_t>(address);
  memcpy(field, &value, sizeof(value));
  addresses_.push_back(field);
}

bool BoundAttribute::TypeError(const std::string& message) {
  ThrowTypeError(env_, message);
  return false;
}

bool BoundAttribute::RangeError(const std::string& message) {
  ThrowRangeError(env_, message);
  return false;
}

}  // namespace bpf_native
