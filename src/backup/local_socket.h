#pragma once

#include <string>

#include "base/bytes.h"
#include "base/fd.h"
#include "base/result.h"

// The UNIX socket of a seal directory.
namespace steelie::backup {

inline constexpr const char* kSocketFile = "control";

/// Listens on `control` in the folder, for its owner only (mode 0600). A socket left by a crash is replaced: the caller
/// holds the folder's lock. Errors: kUnavailable `backup.socket`.
Result<Fd> ListenIn(const std::string& folder);
/// Errors: kUnavailable `backup.socket` nobody listens there.
Result<Fd> ConnectTo(const std::string& folder);
/// Whether the other end runs as this user or as root.
bool PeerMayAsk(const Fd& connection);

/// All bytes, within the connection's time limits. Errors: kUnavailable `backup.socket`.
Status SendAll(const Fd& connection, ByteView bytes);
Result<Bytes> ReceiveExactly(const Fd& connection, std::size_t size);
void SetTimeLimits(const Fd& connection, int receive_seconds, int send_seconds);

}  // namespace steelie::backup
