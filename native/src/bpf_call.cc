#include "bpf_call.h"

#include <cerrno>
#include <csignal>
#include <sys/syscall.h>
#include <unistd.h>

#include "arguments.h"
#include "bound_attribute.h"
#include "environment.h"
#include "kernel_call.h"

namespace bpf_native {

namespace {

class Call {
 public:
  Call(napi_env env, Buffers buffers) : bound_(env, buffers) {}

  // Reads bpf(command, attribute, pointers). False with an exception pending.
  bool Prepare(const Napi::CallbackInfo& info);
  // May run on any thread.
  void Run();
  // Gives results to JavaScript; false with an exception pending. `result` is a descriptor that is owned already, if it is one.
  bool Finish(Environment& environment, int* result);
  void Retain() { bound_.Retain(); }

 private:
  uint32_t command_ = 0;
  bool opens_ = false;
  int result_ = 0;
  BoundAttribute bound_;
};

bool Call::Prepare(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  command_ = arguments.Uint32(0, "command");
  std::vector<PointerEntry> entries;
  if (!arguments.ok() || !ReadPointerList(info.Env(), info[2], &entries) || !bound_.Load(info[1])) return false;
  const Form* form = FormOfCommand(command_, bound_.data());
  if (form == nullptr) {
    ThrowTypeError(info.Env(), "command " + std::to_string(command_) +
                                   " is not known, or is one on map elements, which go through map slots");
    return false;
  }
  opens_ = form->opens;
  return bound_.Bind(*form, entries);
}

// Blocks SIGPROF on this thread. The verifier gives up with EAGAIN when a signal is pending, and a CPU profiler sends them so often
// that loading a large program would never succeed. The bare call, because pthread_sigmask() of a new C library would tie the binary
// to it.
class ProfilerPause {
 public:
  ProfilerPause() {
    const uint64_t profiler = uint64_t{1} << (SIGPROF - 1);
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, &profiler, &before_, sizeof(before_));
  }
  ~ProfilerPause() { syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before_, nullptr, sizeof(before_)); }
  ProfilerPause(const ProfilerPause&) = delete;
  ProfilerPause& operator=(const ProfilerPause&) = delete;

 private:
  uint64_t before_ = 0;
};

void Call::Run() {
  result_ = bound_.error();
  if (result_ < 0) return;
  if (command_ == kProgLoad) {
    const ProfilerPause pause;
    result_ = Bpf(command_, bound_.data(), bound_.size());
  } else {
    result_ = Bpf(command_, bound_.data(), bound_.size());
  }
}

bool Call::Finish(Environment& environment, int* result) {
  *result = opens_ ? environment.descriptors.Adopt(result_) : result_;
  if (bound_.CopyOut()) return true;
  if (opens_) environment.descriptors.Close(result_);
  return false;
}

// A call on the thread pool.
struct Job {
  explicit Job(napi_env env) : call(env, Buffers::kCopied) {}

  Call call;
  Environment* environment = nullptr;
  napi_deferred deferred = nullptr;
  napi_async_work work = nullptr;
};

void RunJob(napi_env, void* data) { static_cast<Job*>(data)->call.Run(); }

// The environment waits for its jobs before it ends, so that this always runs. When it is ending, settling the promise fails, which
// does not matter.
void FinishJob(napi_env env, napi_status, void* data) {
  const std::unique_ptr<Job> job(static_cast<Job*>(data));
  int result;
  napi_value value;
  if (job->call.Finish(*job->environment, &result)) {
    if (napi_create_int32(env, result, &value) == napi_ok) napi_resolve_deferred(env, job->deferred, value);
  } else if (napi_get_and_clear_last_exception(env, &value) == napi_ok) {
    napi_reject_deferred(env, job->deferred, value);
  }
  napi_delete_async_work(env, job->work);
}

}  // namespace

Napi::Value BpfSync(const Napi::CallbackInfo& info) {
  Call call(info.Env(), Buffers::kInPlace);
  if (!call.Prepare(info)) return Napi::Value();
  call.Run();
  int result;
  if (!call.Finish(Arguments(info).environment(), &result)) return Napi::Value();
  return Napi::Number::New(info.Env(), result);
}

Napi::Value BpfAsync(const Napi::CallbackInfo& info) {
  const napi_env env = info.Env();
  auto job = std::make_unique<Job>(env);
  if (!job->call.Prepare(info)) return Napi::Value();
  job->environment = &Arguments(info).environment();
  job->call.Retain();
  napi_value promise;
  napi_value name;
  if (napi_create_promise(env, &job->deferred, &promise) != napi_ok ||
      napi_create_string_utf8(env, "bpf", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_create_async_work(env, nullptr, name, RunJob, FinishJob, job.get(), &job->work) != napi_ok ||
      napi_queue_async_work(env, job->work) != napi_ok) {
    napi_throw_error(env, nullptr, "the thread pool takes no work");
    return Napi::Value();
  }
  job.release();  // FinishJob owns it
  return Napi::Value(env, promise);
}

}  // namespace bpf_native
