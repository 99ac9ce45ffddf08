#pragma once

#include "marble/tls_client.h"

namespace steelie::marble {

// Blocking TCP with deadlines, on sockets that do not block.

/// A connected socket, the first of the host's addresses that answers. Errors: kUnavailable `activate.unreachable`.
Result<int> ConnectTcp(const Endpoint& endpoint, Deadline deadline);
void CloseSocket(int fd);

/// Errors: kUnavailable `activate.unreachable`; kDeadlineExceeded `activate.timeout`.
Status SendAll(int fd, ByteView bytes, Deadline deadline);
/// 0 at the end of the connection. Errors: as SendAll.
Result<std::size_t> ReceiveSome(int fd, MutableByteView out, Deadline deadline);

}  // namespace steelie::marble
