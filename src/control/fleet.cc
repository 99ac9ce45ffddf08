#include "control/fleet.h"

#include <algorithm>

namespace steelie::control {

std::string Fleet::KeyOf(std::string_view type, const Uuid& uuid) {
  std::string key(AsText(uuid.bytes()));
  key += type;
  return key;
}

Uuid Fleet::UuidOf(std::string_view key) {
  std::array<std::uint8_t, Uuid::kSize> bytes{};
  std::ranges::copy(AsBytes(key.substr(0, Uuid::kSize)), bytes.begin());
  return Uuid(bytes);
}

std::shared_ptr<const Bytes> Fleet::Share(std::string_view type, ByteView claims) {
  const auto* known = claims_of_type_.Find(type);
  if (known != nullptr && PublicEqual(**known, claims)) return *known;
  auto fresh = std::make_shared<const Bytes>(ToBytes(claims));
  claims_of_type_.Set(type, fresh);
  return fresh;
}

void Fleet::Record(std::string_view type, const Uuid& uuid, Instant time, std::uint8_t kind,
                   const Sha256Digest& evidence, ByteView claims) {
  const FleetRecord* before = Find(type, uuid);
  FleetRecord record{time, before == nullptr ? 1 : before->activations + 1, kind, evidence, Share(type, claims)};
  if (recent_.size() >= kGeneration) {
    older_ = std::exchange(recent_, {});
    claims_of_type_ = {};
  }
  recent_.Set(KeyOf(type, uuid), std::move(record));
}

const FleetRecord* Fleet::Find(std::string_view type, const Uuid& uuid) const {
  const std::string key = KeyOf(type, uuid);
  const FleetRecord* record = recent_.Find(key);
  return record != nullptr ? record : older_.Find(key);
}

Fleet Fleet::Restore(PersistentMap<FleetRecord> recent, PersistentMap<FleetRecord> older) {
  Fleet fleet;
  fleet.recent_ = std::move(recent);
  fleet.older_ = std::move(older);
  return fleet;
}

}  // namespace steelie::control
