// The CPU's stack of return addresses, by which it foretells where a function returns to.
//
// A kernel with "Safe RET" (Linux since August 2023, on AMD's Zen 1 to 4) makes a call for every return of its own, and that call's
// entry is the one it takes. What the kernel's functions left stays: after a system call as large as bpf(2) all entries are the
// kernel's, and every function of user space that is still to return goes astray. That costs the first one some 300 ns, a third of a
// look-up in a map, and each further one 10 ns (EPYC 9004, Linux 6.18). Entries of our own are as wrong, but cost the 10 ns only.
#ifndef BPF_NATIVE_RETURN_STACK_H_
#define BPF_NATIVE_RETURN_STACK_H_

namespace bpf_native {

// Whether system calls of this thread leave the kernel's entries, and others may be put over them.
bool IsReturnStackLost();

// Puts entries over the kernel's, in 15 ns. To be inlined behind the system call, before anything returns. Where the kernel leaves the
// entries alone it would do harm, and with a shadow stack end the process.
[[gnu::always_inline]] inline void FillReturnStack() {
#ifdef __x86_64__
  // As many calls as those CPUs have entries: where fewer are filled, the 300 ns come when the caller that is so far up is returned to.
  // The 128 bytes below the stack pointer may hold variables. int3 is where the CPU goes astray to, and stops.
  __asm__ volatile(
      "lea -128(%%rsp), %%rsp\n\t"
      ".rept 32\n\t"
      "call 1f\n\t"
      "int3\n"
      "1:\n\t"
      ".endr\n\t"
      "lea 128 + 32 * 8(%%rsp), %%rsp"
      :
      :
      : "memory");
#endif
}

}  // namespace bpf_native

#endif  // BPF_NATIVE_RETURN_STACK_H_
