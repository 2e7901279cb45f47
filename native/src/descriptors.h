// The descriptors that an environment opened and still owns.
#ifndef BPF_NATIVE_DESCRIPTORS_H_
#define BPF_NATIVE_DESCRIPTORS_H_

#include <vector>

namespace bpf_native {

// A descriptor with one owner. Never seen by JavaScript.
class ScopedDescriptor {
 public:
  explicit ScopedDescriptor(int fd) : fd_(fd) {}
  ~ScopedDescriptor();
  ScopedDescriptor(const ScopedDescriptor&) = delete;
  ScopedDescriptor& operator=(const ScopedDescriptor&) = delete;

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }

 private:
  int fd_;
};

// A duplicate, close-on-exec; the descriptor, or -errno.
int Duplicate(int fd);

class Descriptors {
 public:
  Descriptors() = default;
  ~Descriptors();
  Descriptors(const Descriptors&) = delete;
  Descriptors& operator=(const Descriptors&) = delete;

  // Takes over a result: a descriptor is owned from now on, a negative one is passed through.
  int Adopt(int fd);
  bool Owns(int fd) const;
  // Gives up ownership without closing.
  void Release(int fd);
  // 0, or -EBADF for one that is not owned: another owner may have the number by now.
  int Close(int fd);

 private:
  std::vector<bool> owned_;
};

}  // namespace bpf_native

#endif  // BPF_NATIVE_DESCRIPTORS_H_
