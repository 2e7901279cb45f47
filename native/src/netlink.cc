#include "netlink.h"

#include <cerrno>
#include <cstring>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "arguments.h"
#include "descriptors.h"

namespace bpf_native {

namespace {

constexpr time_t kTimeoutSeconds = 1;

// Whether these messages complete the answer: a dump ends with NLMSG_DONE, a request with NLM_F_ACK with NLMSG_ERROR (of 0 when all
// went well), and anything else is one message.
bool IsComplete(const uint8_t* messages, size_t size, uint16_t request_flags) {
  const bool wants_more = (request_flags & (NLM_F_ACK | NLM_F_DUMP)) != 0;
  size_t at = 0;
  while (size - at >= sizeof(nlmsghdr)) {
    nlmsghdr header;
    memcpy(&header, messages + at, sizeof(header));
    if (header.nlmsg_type == NLMSG_DONE || header.nlmsg_type == NLMSG_ERROR) return true;
    if (!wants_more && (header.nlmsg_flags & NLM_F_MULTI) == 0) return true;
    const size_t length = NLMSG_ALIGN(size_t{header.nlmsg_len});
    if (header.nlmsg_len < sizeof(header) || length > size - at) return false;
    at += length;
  }
  return false;
}

// Bytes of `response` that were filled, or -errno.
int Exchange(int protocol, const Bytes& request, const Bytes& response) {
  const ScopedDescriptor own(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol));
  if (!own.valid()) return -errno;
  const timeval timeout = {kTimeoutSeconds, 0};
  setsockopt(own.get(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
  setsockopt(own.get(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
  // The kernel's own error text, without the request echoed. Kernels before 4.12 do not know it, which does no harm.
  const int on = 1;
  setsockopt(own.get(), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
  setsockopt(own.get(), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));

  nlmsghdr header;
  memcpy(&header, request.data, sizeof(header));
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  if (sendto(own.get(), request.data, request.size, 0, reinterpret_cast<sockaddr*>(&kernel), sizeof(kernel)) < 0) {
    return -errno;
  }
  size_t filled = 0;
  for (;;) {
    sockaddr_nl sender{};
    socklen_t sender_size = sizeof(sender);
    // With MSG_TRUNC the result is the size of the datagram, even when the room is smaller.
    const ssize_t size = recvfrom(own.get(), response.data + filled, response.size - filled, MSG_TRUNC,
                                  reinterpret_cast<sockaddr*>(&sender), &sender_size);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return errno == EAGAIN ? -ETIMEDOUT : -errno;
    // Any process may send to the socket; the kernel is port 0.
    if (sender.nl_pid != 0) continue;
    if (static_cast<size_t>(size) > response.size - filled) return -EMSGSIZE;
    const uint8_t* messages = response.data + filled;
    filled += static_cast<size_t>(size);
    if (IsComplete(messages, static_cast<size_t>(size), header.nlmsg_flags)) return static_cast<int>(filled);
  }
}

}  // namespace

Napi::Value Netlink(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const int protocol = static_cast<int>(arguments.Integer(0, "protocol", 0, 31));
  const Bytes request = arguments.Uint8Array(1, "request");
  const Bytes response = arguments.Uint8Array(2, "response");
  if (!arguments.ok()) return Napi::Value();
  if (request.size < sizeof(nlmsghdr) || response.size > INT32_MAX) {
    ThrowRangeError(info.Env(), "request must hold a netlink header, and response have less than 2 GiB");
    return Napi::Value();
  }
  return Napi::Number::New(info.Env(), Exchange(protocol, request, response));
}

}  // namespace bpf_native
