#include "backup/local_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace steelie::backup {
namespace {

constexpr int kBacklog = 8;

Error SocketError(const std::string& what) {
  return Error(Code::kUnavailable, "backup.socket", what + ": " + std::strerror(errno));
}

// Addresses hold about a hundred bytes, paths more: a longer one is named by way of the open folder.
struct Address {
  Fd folder{-1};
  sockaddr_un value{};
};

Result<Address> AddressIn(const std::string& folder) {
  Address address;
  std::string path = folder + "/" + kSocketFile;
  if (path.size() >= sizeof(address.value.sun_path)) {
    address.folder = Fd(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!address.folder.ok()) return SocketError("opening " + folder);
    path = "/proc/self/fd/" + std::to_string(address.folder.get()) + "/" + kSocketFile;
  }
  address.value.sun_family = AF_UNIX;
  std::ranges::copy(path, address.value.sun_path);
  return address;
}

const sockaddr* Generic(const sockaddr_un& address) {
  const void* generic = &address;
  return static_cast<const sockaddr*>(generic);
}

}  // namespace

Result<Fd> ListenIn(const std::string& folder) {
  const std::string path = folder + "/" + kSocketFile;
  STEELIE_TRY(const Address address, AddressIn(folder));
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.ok()) return SocketError("making a socket");
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return SocketError("removing " + path);
  // The file gets the mode that the socket has before it is bound, so there is no moment with another one.
  if (::fchmod(fd.get(), 0600) != 0 || ::bind(fd.get(), Generic(address.value), sizeof(address.value)) != 0) {
    return SocketError("making " + path);
  }
  if (::listen(fd.get(), kBacklog) != 0) return SocketError("listening on " + path);
  return fd;
}

Result<Fd> ConnectTo(const std::string& folder) {
  STEELIE_TRY(const Address address, AddressIn(folder));
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.ok()) return SocketError("making a socket");
  if (::connect(fd.get(), Generic(address.value), sizeof(address.value)) != 0) {
    return SocketError("connecting to " + folder + "/" + kSocketFile);
  }
  return fd;
}

bool PeerMayAsk(const Fd& connection) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (::getsockopt(connection.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return peer.uid == 0 || peer.uid == ::geteuid();
}

Status SendAll(const Fd& connection, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(connection.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return SocketError("sending");
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return Ok();
}

Result<Bytes> ReceiveExactly(const Fd& connection, std::size_t size) {
  Bytes bytes(size);
  std::size_t have = 0;
  while (have < size) {
    const ssize_t n = ::recv(connection.get(), bytes.data() + have, size - have, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return SocketError("receiving");
    if (n == 0) return Error(Code::kUnavailable, "backup.socket", "the other side ended the connection");
    have += static_cast<std::size_t>(n);
  }
  return bytes;
}

void SetTimeLimits(const Fd& connection, int receive_seconds, int send_seconds) {
  const timeval receive{receive_seconds, 0};
  const timeval send{send_seconds, 0};
  (void)::setsockopt(connection.get(), SOL_SOCKET, SO_RCVTIMEO, &receive, sizeof(receive));
  (void)::setsockopt(connection.get(), SOL_SOCKET, SO_SNDTIMEO, &send, sizeof(send));
}

}  // namespace steelie::backup
