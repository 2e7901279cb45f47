#include "memory_map.h"

#include <cerrno>
#include <fcntl.h>
#include <linux/magic.h>
#include <string_view>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "arguments.h"
#include "environment.h"
#include "kernel_call.h"
#include "object_kind.h"

namespace bpf_native {

Mappings::~Mappings() {
  for (const auto& [id, mapping] : mappings_) mapping->owner = nullptr;
}

Mapping* Mappings::Add(void* address, size_t length) {
  auto* mapping = new Mapping{address, length, this, ++last_id_, true};
  mappings_.emplace(mapping->id, mapping);
  return mapping;
}

void Mappings::Forget(const Mapping& mapping) { mappings_.erase(mapping.id); }

Mapping* Mappings::Find(uintptr_t id) const {
  const auto found = mappings_.find(id);
  return found == mappings_.end() ? nullptr : found->second;
}

namespace {

// ArrayBuffers of this size work in every build of Node; arenas have no more.
constexpr uint64_t kLargestMapping = uint64_t{1} << 32;

// Below are the pages that are never mapped, so that null pointers fault: the usual /proc/sys/vm/mmap_min_addr.
constexpr int64_t kLowestAddress = 0x10000;

// Marks the ArrayBuffers of this copy of the addon: another copy in the same thread counts its mappings for itself. The tag is an
// address in this copy, so that no two have the same.
napi_type_tag Tag() {
  static const char here = 0;
  return {reinterpret_cast<uintptr_t>(&here), 0x6270665f6d6d6170};
}

void Finalize(napi_env, void*, void* hint) {
  auto* mapping = static_cast<Mapping*>(hint);
  if (mapping->owner != nullptr) mapping->owner->Forget(*mapping);
  if (mapping->mapped) munmap(mapping->address, mapping->length);
  delete mapping;
}

// Whether it is the BTF of the kernel or of a module, in /sys/kernel/btf: as large as the kernel says, and nobody can cut it short.
// Other files of /sys can be the registers of a device.
bool IsKernelTypes(int fd) {
  struct statfs facts {};
  if (fstatfs(fd, &facts) < 0 || facts.f_type != SYSFS_MAGIC) return false;
  constexpr std::string_view folder = "/kernel/btf/";
  char path[128];
  const ssize_t length = ReadLink(fd, path, sizeof(path));
  return length > 0 && std::string_view(path, static_cast<size_t>(length)).find(folder) != std::string_view::npos;
}

// 0 when every page of the descriptor's mapping can be touched without SIGBUS or SIGSEGV, and how to map it. Maps, perf events and
// the kernel's BTF are as large as the kernel says when it maps them; files can be cut short afterwards, which would end the process.
int CheckMappable(int fd, bool writable, int* sharing) {
  *sharing = MAP_SHARED;
  switch (KindOf(fd)) {
    case ObjectKind::kPerfEvent:
      return 0;
    case ObjectKind::kMap: {
      // BPF_F_SEGV_ON_FAULT, of arenas: user space is killed where it touches a page that no program has allocated.
      constexpr uint32_t kSegvOnFault = 1u << 17;
      MapFacts facts;
      const int result = ReadMapFacts(fd, &facts);
      if (result < 0) return result;
      return (facts.flags & kSegvOnFault) != 0 ? -EOPNOTSUPP : 0;
    }
    default:
      if (fcntl(fd, F_GETFD) < 0) return -EBADF;
      if (writable || !IsKernelTypes(fd)) return -ENODEV;
      // btf_sysfs_vmlinux_mmap() refuses shared mappings.
      *sharing = MAP_PRIVATE;
      return 0;
  }
}

bool IsArena(int fd) {
  constexpr uint32_t kArena = 33;
  MapFacts facts;
  return KindOf(fd) == ObjectKind::kMap && ReadMapFacts(fd, &facts) == 0 && facts.type == kArena;
}

// The mapping behind the first argument; null when it is gone. False, with an exception, for anything but a buffer of Map().
bool ReadMapping(const Napi::CallbackInfo& info, Mapping** mapping) {
  const Napi::Env env = info.Env();
  const napi_type_tag tag = Tag();
  bool is_buffer = false;
  bool is_ours = false;
  void* id = nullptr;
  if (napi_is_arraybuffer(env, info[0], &is_buffer) != napi_ok || !is_buffer ||
      napi_check_object_type_tag(env, info[0], &tag, &is_ours) != napi_ok || !is_ours ||
      napi_unwrap(env, info[0], &id) != napi_ok) {
    ThrowTypeError(env, "buffer must be an ArrayBuffer that map() gave");
    return false;
  }
  *mapping = Arguments(info).environment().mappings.Find(reinterpret_cast<uintptr_t>(id));
  if (*mapping != nullptr && !(*mapping)->mapped) *mapping = nullptr;
  return true;
}

}  // namespace

Napi::Value Map(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const Napi::Env env = info.Env();
  const int fd = arguments.Int32(0, "fd");
  const int64_t length = arguments.Integer(1, "length", 1, kLargestMapping);
  const int64_t offset = arguments.Integer(2, "offset", 0, int64_t{1} << 52);
  const bool writable = arguments.Boolean(3, "writable");
  const bool anywhere = info[4].IsUndefined();
  const int64_t wanted = anywhere ? 0 : arguments.Integer(4, "address", 0, int64_t{1} << 52);
  if (!arguments.ok()) return Napi::Value();
  const long page = sysconf(_SC_PAGESIZE);
  if (length % page != 0 || offset % page != 0) {
    ThrowRangeError(env, "length and offset must be multiples of the page size, " + std::to_string(page));
    return Napi::Value();
  }
  if (wanted % page != 0 || (wanted != 0 && wanted < kLowestAddress)) {
    ThrowRangeError(env, "address must be 0 or a multiple of the page size, " + std::to_string(page) + ", from " +
                             std::to_string(kLowestAddress) + " on");
    return Napi::Value();
  }
  // Another thread can't put a file under this number between the check and the call.
  const ScopedDescriptor own(Duplicate(fd));
  if (!own.valid()) return Napi::Number::New(env, own.get());
  int sharing = MAP_SHARED;
  const int refusal = CheckMappable(own.get(), writable, &sharing);
  if (refusal < 0) return Napi::Number::New(env, refusal);
  // Only the kernel's arenas have a place of their own.
  if (wanted != 0 && !IsArena(own.get())) return Napi::Number::New(env, -EINVAL);
  const auto size = static_cast<size_t>(length);
  const int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
  // Since Linux 4.17, and arenas since 6.9: EEXIST where something else is.
  if (wanted != 0) sharing |= MAP_FIXED_NOREPLACE;
  auto* place = reinterpret_cast<void*>(static_cast<uintptr_t>(wanted));
  void* address = mmap(place, size, protection, sharing, own.get(), offset);
  if (address == MAP_FAILED) return Napi::Number::New(env, -errno);

  Mapping* mapping = arguments.environment().mappings.Add(address, size);
  napi_value buffer;
  if (napi_create_external_arraybuffer(env, address, size, Finalize, mapping, &buffer) != napi_ok) {
    Finalize(env, nullptr, mapping);
    napi_throw_error(env, nullptr, "this build of Node refuses ArrayBuffers over native memory");
    return Napi::Value();
  }
  // The number stays with the ArrayBuffer when its memory is transferred away.
  const napi_type_tag tag = Tag();
  napi_type_tag_object(env, buffer, &tag);
  napi_wrap(env, buffer, reinterpret_cast<void*>(mapping->id), nullptr, nullptr, nullptr);
  return Napi::Value(env, buffer);
}

Napi::Value AddressOf(const Napi::CallbackInfo& info) {
  Mapping* mapping = nullptr;
  if (!ReadMapping(info, &mapping)) return Napi::Value();
  const uintptr_t address = mapping == nullptr ? 0 : reinterpret_cast<uintptr_t>(mapping->address);
  // Less than 2^52 on all machines that Node runs on.
  return Napi::Number::New(info.Env(), static_cast<double>(address));
}

Napi::Value Unmap(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Mapping* mapping = nullptr;
  if (!ReadMapping(info, &mapping)) return Napi::Value();
  if (mapping == nullptr) return env.Undefined();
  bool detached = false;
  napi_is_detached_arraybuffer(env, info[0], &detached);
  if (!detached && napi_detach_arraybuffer(env, info[0]) == napi_ok) {
    mapping->mapped = false;
    munmap(mapping->address, mapping->length);
    return env.Undefined();
  }
  // The memory belongs to another ArrayBuffer by now. The kernel's pages go, and private zeros take their place, so that this one
  // does not fault. They are given back with it.
  mmap(mapping->address, mapping->length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  return env.Undefined();
}

}  // namespace bpf_native
