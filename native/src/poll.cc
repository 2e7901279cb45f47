#include "poll.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "arguments.h"
#include "descriptors.h"
#include "environment.h"
#include "libuv.h"

namespace bpf_native {

struct Poll {
  Polls* polls;
  napi_env env;
  uv_handle_s* handle;
  // libuv aborts the process when a descriptor that it watches was closed; nobody else closes this one.
  ScopedDescriptor fd;
  napi_ref callback = nullptr;
  napi_async_context context = nullptr;

  Poll(Polls* owner, napi_env environment, uv_handle_s* uv, int descriptor)
      : polls(owner), env(environment), handle(uv), fd(descriptor) {}

  ~Poll() {
    if (callback != nullptr) napi_delete_reference(env, callback);
    if (context != nullptr) napi_async_destroy(env, context);
    free(handle);
  }

  static void Ready(uv_handle_s* handle, int status, int events);
  static void Close(Poll* poll);
};

// Calls the callback; a receiver has to be an object. An error that it throws is an uncaught exception, as with any callback of Node.
void Poll::Ready(uv_handle_s* handle, int status, int) {
  const Poll& poll = *static_cast<Poll*>(uv_handle_get_data(handle));
  const napi_env env = poll.env;
  napi_handle_scope scope;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  napi_value callback;
  napi_value receiver;
  napi_value argument;
  napi_value result;
  if (napi_get_reference_value(env, poll.callback, &callback) == napi_ok &&
      napi_get_global(env, &receiver) == napi_ok && napi_create_int32(env, status, &argument) == napi_ok &&
      napi_make_callback(env, poll.context, receiver, callback, 1, &argument, &result) == napi_pending_exception) {
    // `poll` may be closing by now, but lives until libuv says so.
    napi_value error;
    if (napi_get_and_clear_last_exception(env, &error) == napi_ok) napi_fatal_exception(env, error);
  }
  napi_close_handle_scope(env, scope);
}

// libuv needs the memory until it calls back.
void Poll::Close(Poll* poll) {
  uv_close(poll->handle, [](uv_handle_s* handle) {
    auto* closed = static_cast<Poll*>(uv_handle_get_data(handle));
    Polls* polls = closed->polls;
    delete closed;
    polls->Closed();
  });
}

Polls::Polls(napi_env env) : env_(env) { napi_add_async_cleanup_hook(env, CloseAll, this, &hook_); }

Polls::~Polls() {
  if (hook_ != nullptr) napi_remove_async_cleanup_hook(hook_);
}

int Polls::Start(int fd, napi_value callback) {
  const char* name = uv_handle_type_name(kUvPoll);
  if (name == nullptr || strcmp(name, "poll") != 0) return -ENOSYS;
  uv_loop_s* loop;
  if (ending_ || napi_get_uv_event_loop(env_, &loop) != napi_ok) return -ECANCELED;
  const int own = Duplicate(fd);
  if (own < 0) return own;
  auto* handle = static_cast<uv_handle_s*>(calloc(uv_handle_size(kUvPoll), 1));
  auto* poll = new Poll(this, env_, handle, own);
  const int status = handle == nullptr ? -ENOMEM : uv_poll_init(loop, handle, own);
  if (status < 0) {
    delete poll;
    return status;
  }
  uv_handle_set_data(handle, poll);
  open_++;
  napi_value resource;
  if (napi_create_reference(env_, callback, 1, &poll->callback) != napi_ok ||
      napi_create_string_utf8(env_, "BPFPOLL", NAPI_AUTO_LENGTH, &resource) != napi_ok ||
      napi_async_init(env_, nullptr, resource, &poll->context) != napi_ok) {
    Poll::Close(poll);
    return -ENOMEM;
  }
  const int started = uv_poll_start(handle, kUvReadable, Poll::Ready);
  if (started < 0 || last_handle_ == INT32_MAX) {
    Poll::Close(poll);
    return started < 0 ? started : -EMFILE;
  }
  polls_.emplace(++last_handle_, poll);
  return last_handle_;
}

void Polls::Stop(int handle) {
  const auto found = polls_.find(handle);
  if (found == polls_.end()) return;
  Poll* poll = found->second;
  polls_.erase(found);
  Poll::Close(poll);
}

// The environment ends: its loop runs on until every handle is closed and the hook is removed.
void Polls::CloseAll(napi_async_cleanup_hook_handle, void* data) {
  auto* polls = static_cast<Polls*>(data);
  polls->ending_ = true;
  for (const auto& [handle, poll] : polls->polls_) Poll::Close(poll);
  polls->polls_.clear();
  if (polls->open_ == 0) {
    napi_remove_async_cleanup_hook(polls->hook_);
    polls->hook_ = nullptr;
  }
}

void Polls::Closed() {
  open_--;
  if (!ending_ || open_ > 0) return;
  napi_remove_async_cleanup_hook(hook_);
  hook_ = nullptr;
}

Napi::Value StartPoll(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const int fd = arguments.Int32(0, "fd");
  if (!arguments.ok()) return Napi::Value();
  if (!info[1].IsFunction()) {
    ThrowTypeError(info.Env(), "callback must be a function");
    return Napi::Value();
  }
  return Napi::Number::New(info.Env(), arguments.environment().polls.Start(fd, info[1]));
}

Napi::Value StopPoll(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const int handle = arguments.Int32(0, "handle");
  if (arguments.ok()) arguments.environment().polls.Stop(handle);
  return info.Env().Undefined();
}

}  // namespace bpf_native
