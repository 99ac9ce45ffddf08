#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/uuid.h"
#include "control/archive.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "secrets/derive.h"

namespace steelie::control {

// Everything that ever changes the state is one of these events. They are what the ledger holds, in order; applying
// them in order gives the state (control/state.h). Randomness and time are recorded in them, so applying is exact.

template <typename T>
using NameMap = std::map<std::string, T, std::less<>>;

struct SecretHalfTag;
using SecretHalf = Secret<SecretHalfTag>;

/// The value of one secret of the manifest. For symmetric keys and plain secrets both halves are the value.
struct StoredSecret {
  std::uint64_t valid_for = 0;  // days; 365 if it was defaulted
  Bytes certificate;            // DER, empty = none
  SecretHalf private_half;
  SecretHalf public_half;

  bool empty() const { return certificate.empty() && private_half.empty() && public_half.empty(); }

  template <typename Archive, typename Self>
  friend void Fields(Archive& ar, Self& self)
    requires std::is_same_v<std::remove_const_t<Self>, StoredSecret>
  {
    ar(self.valid_for, self.certificate, self.private_half, self.public_half);
  }
};

using SecretMap = NameMap<std::shared_ptr<const StoredSecret>>;

/// The part of the CA that changes with every update.
struct IntermediateRecord {
  Bytes intermediate_certificate;
  Bytes marble_root_certificate;
  Pkcs8 key;

  template <typename Archive, typename Self>
  friend void Fields(Archive& ar, Self& self)
    requires std::is_same_v<std::remove_const_t<Self>, IntermediateRecord>
  {
    ar(self.intermediate_certificate, self.marble_root_certificate, self.key);
  }
};

struct RootRecord {
  Bytes certificate;
  Pkcs8 key;

  template <typename Archive, typename Self>
  friend void Fields(Archive& ar, Self& self)
    requires std::is_same_v<std::remove_const_t<Self>, RootRecord>
  {
    ar(self.certificate, self.key);
  }
};

/// The first manifest.
struct ManifestSet {
  static constexpr std::uint16_t kType = 1;

  Bytes manifest;
  bool lenient = false;
  Bytes signature;  // of the manifest by the root key
  RootRecord root;
  IntermediateRecord intermediate;
  secrets::RootSecret root_secret;
  SecretMap secrets;

  template <typename Archive, typename Self>
  friend void Fields(Archive& ar, Self& self)
    requires std::is_same_v<std::remove_const_t<Self>, ManifestSet>
  {
    ar(self.manifest, self.lenient, self.signature, self.root, self.intermediate, self.root_secret, self.secrets);
  }
};

/// A marble joined.
struct Activated {
  static constexpr std::uint16_t kType = 2;

  std::string marble_type;
  Uuid uuid;
  bool counted = false;  // the type has a limit
  std::uint8_t evidence_kind = 0;
  Sha256Digest evidence{};  // digest of the evidence as sent
  Bytes claims;             // what it said: attest/claims_codec.h; empty without evidence

  template <typename Archive, typename Self>
  friend void Fields(Archive& ar, Self& self)
    requires std::is_same_v<std::remove_const_t<Self>, Activated>
  {
    ar(self.marble_type, self.uuid, self.counted, self.evidence_kind, self.evidence, self.claims);
  }
};

/// A user uploaded secrets.
struct SecretsWritten {
  static constexpr std::uint16_t kType = 3;

  std::string user;
  SecretMap secrets;

  template <typename Archive, typename Self>
  friend void Fields(Archive& ar, Self& self)
    requires std::is_same_v<std::remove_const_t<Self>, SecretsWritten>
  {
    ar(self.user, self.secrets);
  }
};

/// A user read secrets. Audit only.
struct SecretsRead {
  static constexpr std::uint16_t kType = 4;

  std::string user;
  std::vector<std::string> names;

  template <typename Archive, typename Self>
  friend void Fields(Archive& ar, Self& self)
    requires std::is_same_v<std::remove_const_t<Self>, SecretsRead>
  {
    ar(self.user, self.names);
  }
};

/// A known user was refused. Audit only.
struct UserRefused {
  static constexpr std::uint16_t kType = 5;

  std::string user;
  std::string operation;

  template <typename Archive, typename Self>
  friend void Fields(Archive& ar, Self& self)
    requires std::is_same_v<std::remove_const_t<Self>, UserRefused>
  {
    ar(self.user, self.operation);
  }
};

/// Security versions were raised.
struct PackagesUpdated {
  static constexpr std::uint16_t kType = 6;

  std::string user;
  NameMap<std::uint64_t> versions;
  IntermediateRecord intermediate;
  SecretMap reissued;  // shared certificates under the new intermediate

  template <typename Archive, typename Self>
  friend void Fields(Archive& ar, Self& self)
    requires std::is_same_v<std::remove_const_t<Self>, PackagesUpdated>
  {
    ar(self.user, self.versions, self.intermediate, self.reissued);
  }
};

/// A monotonic counter was set, always upwards.
struct CounterSet {
  static constexpr std::uint16_t kType = 7;

  std::string id;
  std::uint64_t value = 0;

  template <typename Archive, typename Self>
  friend void Fields(Archive& ar, Self& self)
    requires std::is_same_v<std::remove_const_t<Self>, CounterSet>
  {
    ar(self.id, self.value);
  }
};

/// A full update waits for acknowledgements.
struct UpdateSubmitted {
  static constexpr std::uint16_t kType = 8;

  std::string user;
  Bytes manifest;
  bool lenient = false;
  std::vector<std::string> eligible;  // users who may acknowledge
  std::uint64_t needed = 0;           // acknowledgements in total, the submitter's included

  template <typename Archive, typename Self>
  friend void Fields(Archive& ar, Self& self)
    requires std::is_same_v<std::remove_const_t<Self>, UpdateSubmitted>
  {
    ar(self.user, self.manifest, self.lenient, self.eligible, self.needed);
  }
};

struct UpdateAcknowledged {
  static constexpr std::uint16_t kType = 9;

  std::string user;

  template <typename Archive, typename Self>
  friend void Fields(Archive& ar, Self& self)
    requires std::is_same_v<std::remove_const_t<Self>, UpdateAcknowledged>
  {
    ar(self.user);
  }
};

struct UpdateCancelled {
  static constexpr std::uint16_t kType = 10;

  std::string user;  // empty: applying failed

  template <typename Archive, typename Self>
  friend void Fields(Archive& ar, Self& self)
    requires std::is_same_v<std::remove_const_t<Self>, UpdateCancelled>
  {
    ar(self.user);
  }
};

/// The pending full update came into force.
struct ManifestUpdated {
  static constexpr std::uint16_t kType = 11;

  Bytes manifest;
  bool lenient = false;
  Bytes signature;
  IntermediateRecord intermediate;
  SecretMap secrets;
  SecretMap previous_secrets;
  std::optional<secrets::RootSecret> new_root_secret;  // if rotated

  template <typename Archive, typename Self>
  friend void Fields(Archive& ar, Self& self)
    requires std::is_same_v<std::remove_const_t<Self>, ManifestUpdated>
  {
    ar(self.manifest, self.lenient, self.signature, self.intermediate, self.secrets, self.previous_secrets,
       self.new_root_secret);
  }
};

/// The clock had run ahead and raised the floor below which no decision uses a time; a user lowered it again.
struct TimeFloorLowered {
  static constexpr std::uint16_t kType = 12;

  std::string user;
  Instant floor{};

  template <typename Archive, typename Self>
  friend void Fields(Archive& ar, Self& self)
    requires std::is_same_v<std::remove_const_t<Self>, TimeFloorLowered>
  {
    ar(self.user, self.floor);
  }
};

/// The sealed state was recovered, by the secrets of these holders. Audit only, and it moves the ledger on: secrets
/// that were collected before it do not count for the next recovery.
struct Recovered {
  static constexpr std::uint16_t kType = 13;

  std::vector<std::string> holders;

  template <typename Archive, typename Self>
  friend void Fields(Archive& ar, Self& self)
    requires std::is_same_v<std::remove_const_t<Self>, Recovered>
  {
    ar(self.holders);
  }
};

/// A holder proved in a recovery drill that they have their recovery secret and key.
struct PossessionProven {
  static constexpr std::uint16_t kType = 14;

  std::string holder;
  bool quorum = false;  // with it as many as a recovery takes had done so

  template <typename Archive, typename Self>
  friend void Fields(Archive& ar, Self& self)
    requires std::is_same_v<std::remove_const_t<Self>, PossessionProven>
  {
    ar(self.holder, self.quorum);
  }
};

using EventBody = std::variant<ManifestSet, Activated, SecretsWritten, SecretsRead, UserRefused, PackagesUpdated,
                               CounterSet, UpdateSubmitted, UpdateAcknowledged, UpdateCancelled, ManifestUpdated,
                               TimeFloorLowered, Recovered, PossessionProven>;

/// A list of just this event, which may not be copyable.
template <typename T>
std::vector<EventBody> Just(T event) {
  std::vector<EventBody> out;
  out.emplace_back(std::move(event));
  return out;
}

struct Event {
  Instant time{};
  EventBody body;
};

/// `u16 type | u16 version | u64 time | fields`.
SecretBuffer EncodeEvent(const Event& event);
/// Errors: kFailedPrecondition `event.version` of a newer program; kDataLoss `event.malformed`.
Result<Event> DecodeEvent(ByteView bytes);

}  // namespace steelie::control
