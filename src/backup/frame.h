#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "crypto/hash.h"

// What goes over the socket of a seal directory, docs/formats/backup.md. Both ends are programs of one user on one
// machine; still both bound what they read.
namespace steelie::backup {

/// The only request there is: magic, version, `backup`. It has no parameters, so whoever reaches the socket can make
/// the Coordinator read its own files and nothing else.
inline constexpr std::array<std::uint8_t, 6> kRequest = {'S', 'T', 'L', 'C', 1, 1};

enum class FrameKind : std::uint8_t {
  kProgress = 1,  // done and of, 64 bits each
  kRefusal = 2,   // reason and message, sized
  kLedger = 3,    // the next bytes of ledger.db
  kKeyFile = 4,   // sealed_key, whole
  kNote = 5,      // text for the operator
  kEnd = 6,       // size of ledger.db, 64 bits, and its SHA-256
};

inline constexpr std::size_t kFrameHeaderSize = 5;
inline constexpr std::size_t kMaxFrame = std::size_t{1} << 20U;

struct FrameHeader {
  FrameKind kind{};
  std::uint32_t size = 0;
};

struct Pair {
  std::uint64_t done = 0;
  std::uint64_t of = 0;

  bool operator==(const Pair&) const = default;
};
struct Refusal {
  std::string reason;
  std::string message;

  bool operator==(const Refusal&) const = default;
};
struct End {
  std::uint64_t size = 0;
  Sha256Digest hash{};

  bool operator==(const End&) const = default;
};

Bytes EncodeFrame(FrameKind kind, ByteView payload);
Bytes EncodeProgress(const Pair& progress);
Bytes EncodeRefusal(const Refusal& refusal);
Bytes EncodeEnd(const End& end);

/// Nothing if the bytes (hostile) are not what the name says.
std::optional<FrameHeader> DecodeFrameHeader(ByteView bytes);
std::optional<Pair> DecodeProgress(ByteView payload);
std::optional<Refusal> DecodeRefusal(ByteView payload);
std::optional<End> DecodeEnd(ByteView payload);

}  // namespace steelie::backup
