#include "cpus.h"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

#include "descriptors.h"

namespace bpf_native {

int PossibleCpus() {
  const ScopedDescriptor file(open("/sys/devices/system/cpu/possible", O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return -errno;
  char text[4096];
  const ssize_t length = read(file.get(), text, sizeof(text) - 1);
  if (length < 0) return -errno;
  text[length] = '\0';
  // Ranges as the kernel's bitmap_print_list() writes them: "0-3,8-11\n".
  int count = 0;
  const char* at = text;
  while (*at >= '0' && *at <= '9') {
    char* end;
    const long first = strtol(at, &end, 10);
    const long last = *end == '-' ? strtol(end + 1, &end, 10) : first;
    if (last < first || last > 1 << 20) return -EINVAL;
    count += static_cast<int>(last - first + 1);
    at = *end == ',' ? end + 1 : end;
  }
  return count > 0 ? count : -EINVAL;
}

}  // namespace bpf_native
