#include <unordered_map>

#include "control/state.h"
#include "manifest/fingerprint.h"
#include "manifest/update.h"

namespace steelie::control {
namespace {

constexpr std::uint16_t kVersion = 1;

struct FleetEntry {
  std::string type;
  Uuid uuid;
  Instant last{};
  std::uint64_t activations = 0;
  std::uint8_t evidence_kind = 0;
  Sha256Digest evidence{};
  std::uint32_t claims = 0;  // index

  template <typename Archive, typename Self>
  friend void Fields(Archive& ar, Self& self)
    requires std::is_same_v<std::remove_const_t<Self>, FleetEntry>
  {
    ar(self.type, self.uuid, self.last, self.activations, self.evidence_kind, self.evidence, self.claims);
  }
};

/// Most marbles of a type have equal claims: each is stored once.
struct StoredFleet {
  std::vector<Bytes> claims;
  std::vector<FleetEntry> recent, older;

  template <typename Archive, typename Self>
  friend void Fields(Archive& ar, Self& self)
    requires std::is_same_v<std::remove_const_t<Self>, StoredFleet>
  {
    ar(self.claims, self.recent, self.older);
  }
};

/// What a snapshot stores of a State; the rest is worked out from it.
struct Snapshot {
  std::uint8_t phase = 0;
  Instant last_event{};
  Bytes manifest;
  bool lenient = false;
  Bytes signature;
  NameMap<std::uint64_t> package_versions;
  RootRecord root;
  IntermediateRecord intermediate;
  std::shared_ptr<const secrets::RootSecret> root_secret, previous_root_secret;
  std::shared_ptr<const SecretMap> secrets, previous_secrets;
  NameMap<std::uint64_t> activations, counters;
  std::vector<std::string> update_log;
  bool has_pending = false;
  Bytes pending_manifest;
  bool pending_lenient = false;
  NameMap<bool> pending_users;
  std::uint64_t pending_missing = 0;
  std::uint64_t recorded_activations = 0;
  StoredFleet fleet;
  std::shared_ptr<const NameMap<Instant>> possession_proofs;

  template <typename Archive, typename Self>
  friend void Fields(Archive& ar, Self& self)
    requires std::is_same_v<std::remove_const_t<Self>, Snapshot>
  {
    ar(self.phase, self.last_event, self.manifest, self.lenient, self.signature, self.package_versions, self.root,
       self.intermediate, self.root_secret, self.previous_root_secret, self.secrets, self.previous_secrets,
       self.activations, self.counters, self.update_log, self.has_pending, self.pending_manifest, self.pending_lenient,
       self.pending_users, self.pending_missing, self.recorded_activations, self.fleet, self.possession_proofs);
  }
};

NameMap<std::uint64_t> Flatten(const CounterMap& counters) {
  NameMap<std::uint64_t> out;
  counters.ForEach([&](const std::string& name, std::uint64_t value) { out.emplace(name, value); });
  return out;
}

CounterMap Unflatten(const NameMap<std::uint64_t>& values) {
  CounterMap out;
  for (const auto& [name, value] : values) out.Set(name, value);
  return out;
}

StoredFleet Flatten(const Fleet& fleet) {
  StoredFleet out;
  std::unordered_map<const Bytes*, std::uint32_t> index;
  const auto flatten = [&](const PersistentMap<FleetRecord>& half, std::vector<FleetEntry>& entries) {
    entries.reserve(half.size());
    half.ForEach([&](const std::string& key, const FleetRecord& record) {
      const auto [at, added] = index.try_emplace(record.claims.get(), static_cast<std::uint32_t>(out.claims.size()));
      if (added) out.claims.push_back(*record.claims);
      entries.push_back({std::string(Fleet::TypeOf(key)), Fleet::UuidOf(key), record.last, record.activations,
                         record.evidence_kind, record.evidence, at->second});
    });
  };
  flatten(fleet.recent(), out.recent);
  flatten(fleet.older(), out.older);
  return out;
}

// Nothing if an index is out of range.
std::optional<Fleet> Unflatten(StoredFleet stored) {
  std::vector<std::shared_ptr<const Bytes>> claims;
  for (Bytes& bytes : stored.claims) claims.push_back(std::make_shared<const Bytes>(std::move(bytes)));
  const auto restore = [&](const std::vector<FleetEntry>& entries) -> std::optional<PersistentMap<FleetRecord>> {
    PersistentMap<FleetRecord> out;
    for (const FleetEntry& e : entries) {
      if (e.claims >= claims.size()) return std::nullopt;
      out.Set(Fleet::KeyOf(e.type, e.uuid), {e.last, e.activations, e.evidence_kind, e.evidence, claims[e.claims]});
    }
    return out;
  };
  auto recent = restore(stored.recent);
  auto older = restore(stored.older);
  if (!recent || !older) return std::nullopt;
  return Fleet::Restore(std::move(*recent), std::move(*older));
}

Error Malformed() { return Error(Code::kDataLoss, "state.malformed", "the snapshot does not decode"); }

Result<std::shared_ptr<const pki::Authority>> RestoreAuthority(const Snapshot& s) {
  const auto restore = [](const Pkcs8& key) {
    return key.Reveal([](ByteView der) { return PrivateKey::FromPkcs8(der); });
  };
  STEELIE_TRY(PrivateKey root_key, restore(s.root.key));
  STEELIE_TRY(PrivateKey key, restore(s.intermediate.key));
  STEELIE_TRY(pki::Authority authority,
              pki::Authority::Restore(s.root.certificate, std::move(root_key), s.intermediate.intermediate_certificate,
                                      s.intermediate.marble_root_certificate, std::move(key)));
  return std::make_shared<const pki::Authority>(std::move(authority));
}

}  // namespace

SecretBuffer EncodeState(const State& state) {
  Snapshot s;
  s.phase = static_cast<std::uint8_t>(state.phase);
  s.last_event = state.last_event;
  s.manifest = state.deployment->raw();
  s.lenient = state.deployment->lenient();
  s.signature = state.manifest_signature;
  for (const auto& [name, package] : *state.packages) {
    if (package.raised_version) s.package_versions.emplace(name, *package.raised_version);
  }
  s.root = {state.authority->root().der(), state.authority->root_key().ToPkcs8()};
  s.intermediate = {state.authority->intermediate().der(), state.authority->marble_root().der(),
                    state.authority->intermediate_key().ToPkcs8()};
  s.root_secret = state.root_secret;
  s.previous_root_secret = state.previous_root_secret;
  s.secrets = state.secrets;
  s.previous_secrets = state.previous_secrets;
  s.activations = Flatten(state.activations);
  s.counters = Flatten(state.counters);
  s.update_log = *state.update_log;
  if (state.pending) {
    s.has_pending = true;
    s.pending_manifest = state.pending->manifest;
    s.pending_lenient = state.pending->lenient;
    s.pending_users = state.pending->users;
    s.pending_missing = state.pending->missing;
  }
  s.recorded_activations = state.recorded_activations;
  s.fleet = Flatten(state.fleet);
  s.possession_proofs = state.possession_proofs;
  OutArchive out;
  out(kVersion, s);
  return std::move(out).Take();
}

Result<State> DecodeState(ByteView bytes) {
  InArchive in(bytes);
  std::uint16_t version = 0;
  in(version);
  if (in.ok() && version != kVersion) {
    return Error(Code::kFailedPrecondition, "state.version", "the snapshot was written by a newer program");
  }
  Snapshot s;
  in(s);
  if (!in.AtEnd() || s.phase != static_cast<std::uint8_t>(Phase::kAcceptingMarbles) || !s.root_secret || !s.secrets ||
      !s.previous_secrets) {
    return Malformed();
  }
  State state;
  state.phase = Phase::kAcceptingMarbles;
  state.last_event = s.last_event;
  STEELIE_TRY(state.deployment, Deployment::Compile(std::move(s.manifest), s.lenient));
  state.manifest_signature = std::move(s.signature);
  auto packages = std::make_shared<manifest::NameMap<manifest::Package>>(state.deployment->manifest().packages);
  for (const auto& [name, package_version] : s.package_versions) {
    const auto at = packages->find(name);
    if (at != packages->end()) manifest::RaiseSecurityVersion(at->second, package_version);
  }
  state.packages = std::move(packages);
  STEELIE_TRY(state.authority, RestoreAuthority(s));
  state.root_secret = std::move(s.root_secret);
  state.previous_root_secret = std::move(s.previous_root_secret);
  state.secrets = std::move(s.secrets);
  state.previous_secrets = std::move(s.previous_secrets);
  state.activations = Unflatten(s.activations);
  for (const auto& [id, value] : s.counters) SetCounter(state, id, value);
  state.update_log = std::make_shared<const std::vector<std::string>>(std::move(s.update_log));
  if (s.has_pending) {
    auto pending = std::make_shared<PendingUpdate>();
    pending->fingerprint = manifest::Fingerprint(s.pending_manifest);
    pending->manifest = std::move(s.pending_manifest);
    pending->lenient = s.pending_lenient;
    pending->users = std::move(s.pending_users);
    pending->missing = s.pending_missing;
    state.pending = std::move(pending);
  }
  state.recorded_activations = s.recorded_activations;
  std::optional<Fleet> fleet = Unflatten(std::move(s.fleet));
  if (!fleet) return Malformed();
  state.fleet = std::move(*fleet);
  state.possession_proofs = std::move(s.possession_proofs);
  return state;
}

}  // namespace steelie::control
