#include "backup/frame.h"

#include <algorithm>

#include "base/check.h"
#include "base/codec.h"

namespace steelie::backup {
namespace {

constexpr std::size_t kMaxReason = 256;
constexpr std::size_t kMaxMessage = 8192;

}  // namespace

Bytes EncodeFrame(FrameKind kind, ByteView payload) {
  STEELIE_CHECK(payload.size() <= kMaxFrame);
  Writer out;
  out.U8(static_cast<std::uint8_t>(kind));
  out.Sized(payload);
  return std::move(out).Take();
}

Bytes EncodeProgress(const Pair& progress) {
  Writer out;
  out.U64(progress.done);
  out.U64(progress.of);
  return std::move(out).Take();
}

Bytes EncodeRefusal(const Refusal& refusal) {
  Writer out;
  out.Sized(std::string_view(refusal.reason).substr(0, kMaxReason));
  out.Sized(std::string_view(refusal.message).substr(0, kMaxMessage));
  return std::move(out).Take();
}

Bytes EncodeEnd(const End& end) {
  Writer out;
  out.U64(end.size);
  out.Raw(end.hash);
  return std::move(out).Take();
}

std::optional<FrameHeader> DecodeFrameHeader(ByteView bytes) {
  Reader in(bytes);
  const std::uint8_t kind = in.U8();
  const std::uint32_t size = in.U32();
  if (!in.AtEnd() || kind < 1 || kind > static_cast<std::uint8_t>(FrameKind::kEnd) || size > kMaxFrame) {
    return std::nullopt;
  }
  return FrameHeader{static_cast<FrameKind>(kind), size};
}

std::optional<Pair> DecodeProgress(ByteView payload) {
  Reader in(payload);
  Pair progress;
  progress.done = in.U64();
  progress.of = in.U64();
  if (!in.AtEnd() || progress.done > progress.of) return std::nullopt;
  return progress;
}

std::optional<Refusal> DecodeRefusal(ByteView payload) {
  Reader in(payload);
  Refusal refusal;
  refusal.reason = in.SizedText(kMaxReason);
  refusal.message = in.SizedText(kMaxMessage);
  if (!in.AtEnd()) return std::nullopt;
  return refusal;
}

std::optional<End> DecodeEnd(ByteView payload) {
  Reader in(payload);
  End end;
  end.size = in.U64();
  const ByteView hash = in.Take(end.hash.size());
  if (!in.AtEnd()) return std::nullopt;
  std::ranges::copy(hash, end.hash.begin());
  return end;
}

}  // namespace steelie::backup
