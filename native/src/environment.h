// What belongs to one environment: the main thread, or a worker. There are no globals.
#ifndef BPF_NATIVE_ENVIRONMENT_H_
#define BPF_NATIVE_ENVIRONMENT_H_

#include <napi.h>

#include "descriptors.h"
#include "map_slots.h"
#include "memory_map.h"
#include "poll.h"

namespace bpf_native {

// Destroyed with the environment, after its event loop has stopped: closes what is still open.
struct Environment {
  explicit Environment(napi_env env) : polls(env) {}

  Descriptors descriptors;
  MapSlots slots;
  Mappings mappings;
  Polls polls;
};

}  // namespace bpf_native

#endif  // BPF_NATIVE_ENVIRONMENT_H_
