#include "marble/tcp.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

namespace steelie::marble {
namespace {

Error Unreachable(const std::string& what) { return Error(Code::kUnavailable, "activate.unreachable", what); }
Error Unreachable(const std::string& what, int code) { return Unreachable(what + ": " + std::strerror(code)); }

// Waits until the socket is ready. False if the time is over.
Result<bool> WaitFor(int fd, short events, Deadline deadline) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (deadline == Deadline::min() || left.count() <= 0) return false;
    pollfd waiting{fd, events, 0};
    const auto timeout = std::min<std::int64_t>(left.count(), std::numeric_limits<int>::max());
    const int n = ::poll(&waiting, 1, static_cast<int>(timeout));
    if (n > 0) return true;
    if (n < 0 && errno != EINTR) return Unreachable("waiting", errno);
  }
}

Status ConnectTo(int fd, const addrinfo& address, Deadline deadline) {
  if (::connect(fd, address.ai_addr, address.ai_addrlen) == 0) return Ok();
  if (errno != EINPROGRESS) return Unreachable("connecting", errno);
  STEELIE_TRY(const bool ready, WaitFor(fd, POLLOUT, deadline));
  if (!ready) return Unreachable("no answer in time");
  int code = 0;
  socklen_t size = sizeof code;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size);
  if (code != 0) return Unreachable("connecting", code);
  return Ok();
}

}  // namespace

Result<Endpoint> Endpoint::Parse(std::string_view address) {
  constexpr std::string_view kScheme = "dns:///";
  std::string_view rest = address;
  if (rest.starts_with(kScheme)) rest.remove_prefix(kScheme.size());
  const std::size_t colon = rest.rfind(':');
  Endpoint endpoint;
  if (colon != std::string_view::npos) {
    endpoint.host = rest.substr(0, colon);
    endpoint.port = rest.substr(colon + 1);
  }
  std::string& host = endpoint.host;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const bool numeric = std::ranges::all_of(endpoint.port, [](char c) { return c >= '0' && c <= '9'; });
  if (host.empty() || endpoint.port.empty() || endpoint.port.size() > 5 || !numeric) {
    return Error(Code::kInvalidArgument, "marble.address",
                 "the Coordinator's address must be host:port, saw \"" + std::string(address.substr(0, 200)) + "\"");
  }
  return endpoint;
}

std::string Endpoint::ToString() const {
  return host.find(':') != std::string::npos ? "[" + host + "]:" + port : host + ":" + port;
}

Result<int> ConnectTcp(const Endpoint& endpoint, Deadline deadline) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int code = ::getaddrinfo(endpoint.host.c_str(), endpoint.port.c_str(), &hints, &found); code != 0) {
    return Unreachable("cannot resolve " + endpoint.host + ": " + ::gai_strerror(code));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, ::freeaddrinfo);
  Error last = Unreachable("no address");
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    const int fd = ::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, address->ai_protocol);
    if (fd < 0) continue;
    const auto connected = ConnectTo(fd, *address, deadline);
    if (connected) {
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      return fd;
    }
    CloseSocket(fd);
    last = connected.error();
  }
  return last.WithContext("cannot reach the Coordinator at " + endpoint.ToString());
}

void CloseSocket(int fd) { ::close(fd); }

Status SendAll(int fd, ByteView bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      STEELIE_TRY(const bool ready, WaitFor(fd, POLLOUT, deadline));
      if (!ready) return Error(Code::kDeadlineExceeded, "activate.timeout", "the server does not read in time");
    } else if (errno != EINTR) {
      return Unreachable("sending", errno);
    }
  }
  return Ok();
}

Result<std::size_t> ReceiveSome(int fd, MutableByteView out, Deadline deadline) {
  while (true) {
    const ssize_t n = ::recv(fd, out.data(), out.size(), 0);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      STEELIE_TRY(const bool ready, WaitFor(fd, POLLIN, deadline));
      if (!ready) return Error(Code::kDeadlineExceeded, "activate.timeout", "the server does not answer in time");
    } else if (errno != EINTR) {
      return Unreachable("receiving", errno);
    }
  }
}

}  // namespace steelie::marble
