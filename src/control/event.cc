#include "control/event.h"

namespace steelie::control {
namespace {

constexpr std::uint16_t kVersion = 1;

// Tries the alternatives of EventBody in turn for the one with the type number.
template <std::size_t I = 0>
bool ReadBody(std::uint16_t type, InArchive& in, EventBody& body) {
  if constexpr (I < std::variant_size_v<EventBody>) {
    using T = std::variant_alternative_t<I, EventBody>;
    if (T::kType != type) return ReadBody<I + 1>(type, in, body);
    in(body.template emplace<T>());
    return true;
  } else {
    return false;
  }
}

}  // namespace

SecretBuffer EncodeEvent(const Event& event) {
  OutArchive out;
  std::visit([&](const auto& body) { out(body.kType, kVersion, event.time, body); }, event.body);
  return std::move(out).Take();
}

Result<Event> DecodeEvent(ByteView bytes) {
  InArchive in(bytes);
  std::uint16_t type = 0;
  std::uint16_t version = 0;
  Event event;
  in(type, version, event.time);
  const bool known = in.ok() && version == kVersion && ReadBody(type, in, event.body);
  if (in.ok() && !known) {
    return Error(Code::kFailedPrecondition, "event.version",
                 "the ledger holds an event of type " + std::to_string(type) + ", version " + std::to_string(version) +
                     ", which this program does not know: it was written by a newer one");
  }
  if (!in.AtEnd()) return Error(Code::kDataLoss, "event.malformed", "an event of the ledger does not decode");
  return event;
}

}  // namespace steelie::control
