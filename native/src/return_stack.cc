#include "return_stack.h"

#include <cstdint>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

#include "descriptors.h"

namespace bpf_native {

#ifdef __x86_64__

namespace {

// Whether the CPU compares returns with a second stack (CET): calls that are not returned from end the process then. Without one, and
// on CPUs that don't know the instruction, the register stays as it is.
bool HasShadowStack() {
  uint64_t pointer = 0;
  __asm__ volatile("rdsspq %0" : "+r"(pointer));
  return pointer != 0;
}

}  // namespace

bool IsReturnStackLost() {
  if (HasShadowStack()) return false;
  const ScopedDescriptor file(open("/sys/devices/system/cpu/vulnerabilities/spec_rstack_overflow", O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return false;
  char text[128];
  const ssize_t length = read(file.get(), text, sizeof(text));
  if (length < 0) return false;
  // "Mitigation: Safe RET", or "Vulnerable: Safe RET, no microcode" (srso_strings in arch/x86/kernel/cpu/bugs.c).
  return std::string_view(text, static_cast<size_t>(length)).find("Safe RET") != std::string_view::npos;
}

#else

bool IsReturnStackLost() { return false; }

#endif

}  // namespace bpf_native
