#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/persistent_map.h"
#include "base/uuid.h"
#include "crypto/hash.h"

namespace steelie::control {

/// The newest activation of one marble.
struct FleetRecord {
  Instant last{};
  std::uint64_t activations = 0;  // as long as the record exists
  std::uint8_t evidence_kind = 0;
  Sha256Digest evidence{};              // digest of the evidence as sent
  std::shared_ptr<const Bytes> claims;  // attest/claims_codec.h; never null, empty if there was no evidence
};

/// Who joined, by type and UUID, so that an update can be rehearsed on it. An immutable value: copies share everything.
///
/// Bounded, since every marble may choose a new UUID at every start: at least the newest kGeneration marbles are
/// there, at most twice as many.
class Fleet {
 public:
  static constexpr std::size_t kGeneration = 32'768;

  void Record(std::string_view type, const Uuid& uuid, Instant time, std::uint8_t kind, const Sha256Digest& evidence,
              ByteView claims);

  /// Null if the marble is not known (any more).
  const FleetRecord* Find(std::string_view type, const Uuid& uuid) const;

  /// Every marble once, in no particular order.
  template <typename Visit>  // void(std::string_view type, const Uuid&, const FleetRecord&)
  void ForEach(const Visit& visit) const {
    recent_.ForEach(
        [&](const std::string& key, const FleetRecord& record) { visit(TypeOf(key), UuidOf(key), record); });
    older_.ForEach([&](const std::string& key, const FleetRecord& record) {
      if (recent_.Find(key) == nullptr) visit(TypeOf(key), UuidOf(key), record);
    });
  }

  /// The two halves, for snapshots.
  const PersistentMap<FleetRecord>& recent() const { return recent_; }
  const PersistentMap<FleetRecord>& older() const { return older_; }
  static Fleet Restore(PersistentMap<FleetRecord> recent, PersistentMap<FleetRecord> older);

  // The type comes last, so that names with any bytes are told apart.
  static std::string KeyOf(std::string_view type, const Uuid& uuid);
  static std::string_view TypeOf(std::string_view key) { return key.substr(Uuid::kSize); }
  static Uuid UuidOf(std::string_view key);

 private:
  std::shared_ptr<const Bytes> Share(std::string_view type, ByteView claims);

  PersistentMap<FleetRecord> recent_, older_;
  /// The newest claims of each type: most marbles of a type have the same.
  PersistentMap<std::shared_ptr<const Bytes>> claims_of_type_;
};

}  // namespace steelie::control
