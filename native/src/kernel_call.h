// The bare system calls. Results are non-negative, or -errno.
#ifndef BPF_NATIVE_KERNEL_CALL_H_
#define BPF_NATIVE_KERNEL_CALL_H_

#include <cstddef>
#include <cstdint>
#include <sys/syscall.h>

#include "return_stack.h"

namespace bpf_native {

// Commands of bpf(2) that the addon treats by name (include/uapi/linux/bpf.h). The header of the machine that builds is not
// used: it may be older than the kernel that runs.
enum BpfCommand : uint32_t {
  kMapCreate = 0,
  kMapLookupElem = 1,
  kMapUpdateElem = 2,
  kMapDeleteElem = 3,
  kMapGetNextKey = 4,
  kProgLoad = 5,
  kObjPin = 6,
  kObjGet = 7,
  kProgAttach = 8,
  kProgDetach = 9,
  kProgTestRun = 10,
  kProgGetNextId = 11,
  kMapGetNextId = 12,
  kProgGetFdById = 13,
  kMapGetFdById = 14,
  kObjGetInfoByFd = 15,
  kProgQuery = 16,
  kRawTracepointOpen = 17,
  kBtfLoad = 18,
  kBtfGetFdById = 19,
  kTaskFdQuery = 20,
  kMapLookupAndDeleteElem = 21,
  kMapFreeze = 22,
  kBtfGetNextId = 23,
  kMapLookupBatch = 24,
  kMapLookupAndDeleteBatch = 25,
  kMapUpdateBatch = 26,
  kMapDeleteBatch = 27,
  kLinkCreate = 28,
  kLinkUpdate = 29,
  kLinkGetFdById = 30,
  kLinkGetNextId = 31,
  kEnableStats = 32,
  kIterCreate = 33,
  kLinkDetach = 34,
  kProgBindMap = 35,
  kTokenCreate = 36,
  kProgStreamReadByFd = 37,
  kProgAssocStructOps = 38,
};

// More than any kernel's union bpf_attr, and than any information about an object. The kernel writes to a field of an
// attribute without asking whether the given size covers it, so that every attribute lives in this much memory.
inline constexpr size_t kAttributeRoom = 256;

// bpf(2).
int Bpf(uint32_t command, void* attribute, size_t size);

// bpf(2), for commands so short that the way back counts. `return_stack_lost` is what IsReturnStackLost() said on this thread.
[[gnu::always_inline]] inline int QuickBpf(uint32_t command, void* attribute, size_t size, bool return_stack_lost) {
#ifdef __x86_64__
  // Not by syscall(3): its return would be the one that goes astray.
  long result = SYS_bpf;
  __asm__ volatile("syscall" : "+a"(result) : "D"(command), "S"(attribute), "d"(size) : "rcx", "r11", "memory");
  if (return_stack_lost) FillReturnStack();
  return static_cast<int>(result);
#else
  static_cast<void>(return_stack_lost);
  return Bpf(command, attribute, size);
#endif
}

// The first fields of what the kernel tells about a map.
struct MapFacts {
  uint32_t type;
  uint32_t id;
  uint32_t key_size;
  uint32_t value_size;
  uint32_t max_entries;
  uint32_t flags;
};

// Fills `facts` for a map, or for anything else with its own first fields. 0, or -errno.
int ReadMapFacts(int fd, MapFacts* facts);

// Type of a link (enum bpf_link_type), or -errno.
int ReadLinkType(int fd);

}  // namespace bpf_native

#endif  // BPF_NATIVE_KERNEL_CALL_H_
