// Lets a binary that was built with GCC 11 or later run with the libstdc++ of older systems (GLIBCXX_3.4.18, that of GCC 4.8): the
// containers' headers call this one function that older ones lack. There are no exceptions here, so that throwing is aborting.
#include <cstdlib>

namespace std {

[[noreturn]] void __throw_bad_array_new_length();
[[noreturn]] void __throw_bad_array_new_length() { abort(); }

}  // namespace std
