// The few functions of libuv that polling needs, declared here because node-api-headers, which makes the addon build without
// Node's own headers, has no uv.h. Node exports them, and libuv 1.x keeps its ABI. Handles are opaque: their size is asked for.
#ifndef BPF_NATIVE_LIBUV_H_
#define BPF_NATIVE_LIBUV_H_

#include <cstddef>

extern "C" {

struct uv_loop_s;
struct uv_handle_s;

using uv_poll_cb = void (*)(uv_handle_s* handle, int status, int events);
using uv_close_cb = void (*)(uv_handle_s* handle);

size_t uv_handle_size(int type);
const char* uv_handle_type_name(int type);
void* uv_handle_get_data(const uv_handle_s* handle);
void uv_handle_set_data(uv_handle_s* handle, void* data);
void uv_close(uv_handle_s* handle, uv_close_cb callback);
int uv_poll_init(uv_loop_s* loop, uv_handle_s* handle, int fd);
int uv_poll_start(uv_handle_s* handle, int events, uv_poll_cb callback);

}  // extern "C"

namespace bpf_native {

// UV_POLL of enum uv_handle_type, and UV_READABLE of enum uv_poll_event. The first is checked at run time by its name.
inline constexpr int kUvPoll = 8;
inline constexpr int kUvReadable = 1;

}  // namespace bpf_native

#endif  // BPF_NATIVE_LIBUV_H_
