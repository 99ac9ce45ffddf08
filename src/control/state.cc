#include "control/state.h"

#include "control/update_log.h"
#include "manifest/fingerprint.h"
#include "manifest/update.h"

namespace steelie::control {
namespace {

using PackageMap = manifest::NameMap<manifest::Package>;

Result<PrivateKey> RestoreKey(const Pkcs8& key) {
  return key.Reveal([](ByteView der) { return PrivateKey::FromPkcs8(der); });
}

class Applier {
 public:
  /// `floor_before`: the time of the event before this one.
  Applier(State& state, Instant time, Instant floor_before) : state_(state), time_(time), floor_before_(floor_before) {}

  Status operator()(const ManifestSet& e) {
    STEELIE_TRY(state_.deployment, Deployment::Compile(e.manifest, e.lenient));
    STEELIE_TRY(PrivateKey root_key, RestoreKey(e.root.key));
    STEELIE_CHECK_OK(SetAuthority(e.root.certificate, std::move(root_key), e.intermediate));
    state_.packages = std::make_shared<const PackageMap>(state_.deployment->manifest().packages);
    state_.manifest_signature = e.signature;
    state_.root_secret = std::make_shared<const secrets::RootSecret>(e.root_secret.Clone());
    state_.secrets = std::make_shared<const SecretMap>(e.secrets);
    state_.previous_secrets = state_.secrets;
    state_.phase = Phase::kAcceptingMarbles;
    state_.update_log = std::make_shared<const std::vector<std::string>>();
    Log({"Initial manifest set", {}});
    return Ok();
  }

  Status operator()(const Activated& e) {
    ++state_.recorded_activations;
    state_.fleet.Record(e.marble_type, e.uuid, time_, e.evidence_kind, e.evidence, e.claims);
    if (e.counted) state_.activations.Set(e.marble_type, state_.activations.Get(e.marble_type) + 1);
    return Ok();
  }

  Status operator()(const SecretsWritten& e) {
    auto secrets = std::make_shared<SecretMap>(*state_.secrets);
    for (const auto& [name, secret] : e.secrets) {
      secrets->insert_or_assign(name, secret);
      const auto definition = state_.deployment->manifest().secrets.find(name);
      if (definition == state_.deployment->manifest().secrets.end()) return Impossible("a secret that is not defined");
      Log({"Secret set",
           {{"user", e.user}, {"secret", name}, {"type", std::string(SecretTypeName(definition->second.type))}}});
    }
    state_.secrets = std::move(secrets);
    return Ok();
  }

  Status operator()(const SecretsRead&) { return Ok(); }
  Status operator()(const UserRefused&) { return Ok(); }
  Status operator()(const Recovered&) { return Ok(); }

  Status operator()(const PossessionProven& e) {
    auto proofs = state_.possession_proofs ? std::make_shared<NameMap<Instant>>(*state_.possession_proofs)
                                           : std::make_shared<NameMap<Instant>>();
    proofs->insert_or_assign(e.holder, time_);
    state_.possession_proofs = std::move(proofs);
    if (e.quorum) Log({"Recovery drill reached its quorum", {{"holder", e.holder}}});
    return Ok();
  }

  Status operator()(const PackagesUpdated& e) {
    auto packages = std::make_shared<PackageMap>(*state_.packages);
    for (const auto& [name, version] : e.versions) {
      const auto package = packages->find(name);
      if (package == packages->end()) return Impossible("a package that is not defined");
      manifest::RaiseSecurityVersion(package->second, version);
      Log({"SecurityVersion increased", {{"user", e.user}, {"package", name}, {"new version", version}}});
    }
    state_.packages = std::move(packages);
    STEELIE_CHECK_OK(SetAuthority(state_.authority->root().der(), state_.authority->root_key(), e.intermediate));
    auto secrets = std::make_shared<SecretMap>(*state_.secrets);
    for (const auto& [name, secret] : e.reissued) secrets->insert_or_assign(name, secret);
    state_.secrets = std::move(secrets);
    return Ok();
  }

  Status operator()(const CounterSet& e) {
    SetCounter(state_, e.id, e.value);
    return Ok();
  }

  Status operator()(const TimeFloorLowered& e) {
    Log({"Time floor lowered",
         {{"user", e.user}, {"from", FormatMillis(floor_before_)}, {"to", FormatMillis(e.floor)}}});
    state_.last_event = std::min(state_.last_event, e.floor);
    return Ok();
  }

  Status operator()(const UpdateSubmitted& e) {
    auto pending = std::make_shared<PendingUpdate>();
    pending->manifest = e.manifest;
    pending->lenient = e.lenient;
    pending->fingerprint = manifest::Fingerprint(e.manifest);
    for (const std::string& user : e.eligible) pending->users.emplace(user, user == e.user);
    pending->missing = e.needed - 1;
    if (pending->missing == 0) {
      Log({"Complete Manifest update initiated by user. No further acknowledgements required",
           {{"user", e.user}, {"manifestFingerprint", pending->fingerprint}}});
    } else {
      Log({"Complete Manifest update initiated by user. Waiting for acknowledgments to apply the update",
           {{"user", e.user},
            {"missingAcknowledgments", pending->missing},
            {"missingUsers", pending->MissingUsers()},
            {"manifestFingerprint", pending->fingerprint}}});
    }
    state_.pending = std::move(pending);
    return Ok();
  }

  Status operator()(const UpdateAcknowledged& e) {
    if (!state_.pending) return Impossible("an acknowledgement without a pending update");
    auto pending = std::make_shared<PendingUpdate>(*state_.pending);
    bool& acknowledged = pending->users[e.user];
    if (!acknowledged && pending->missing > 0) --pending->missing;
    acknowledged = true;
    Log({"Complete Manifest update acknowledged by user",
         {{"user", e.user},
          {"missingAcknowledgments", pending->missing},
          {"missingUsers", pending->MissingUsers()},
          {"manifestFingerprint", pending->fingerprint}}});
    state_.pending = std::move(pending);
    return Ok();
  }

  Status operator()(const UpdateCancelled& e) {
    if (!state_.pending) return Impossible("a cancellation without a pending update");
    if (e.user.empty()) {
      Log({"Complete Manifest update cancelled due to error during apply",
           {{"manifestFingerprint", state_.pending->fingerprint}}});
    } else {
      Log({"Complete Manifest update cancelled by user",
           {{"user", e.user}, {"manifestFingerprint", state_.pending->fingerprint}}});
    }
    state_.pending = nullptr;
    return Ok();
  }

  Status operator()(const ManifestUpdated& e) {
    const std::shared_ptr<const Deployment> before = state_.deployment;
    STEELIE_TRY(state_.deployment, Deployment::Compile(e.manifest, e.lenient));
    STEELIE_CHECK_OK(SetAuthority(state_.authority->root().der(), state_.authority->root_key(), e.intermediate));
    // There are new secrets then; who had the old ones has proved nothing.
    if (manifest::RecoveryChanged(before->manifest(), state_.deployment->manifest())) {
      state_.possession_proofs = nullptr;
    }
    state_.packages = std::make_shared<const PackageMap>(state_.deployment->manifest().packages);
    state_.manifest_signature = e.signature;
    state_.secrets = std::make_shared<const SecretMap>(e.secrets);
    state_.previous_secrets = std::make_shared<const SecretMap>(e.previous_secrets);
    if (e.new_root_secret) {
      state_.previous_root_secret = state_.root_secret;
      state_.root_secret = std::make_shared<const secrets::RootSecret>(e.new_root_secret->Clone());
    }
    state_.pending = nullptr;
    Log({"Complete Manifest updated", {{"manifestFingerprint", state_.deployment->fingerprint()}}});
    return Ok();
  }

 private:
  static Error Impossible(const std::string& what) {
    return Error(Code::kDataLoss, "event.impossible", "the ledger holds an event about " + what);
  }

  // The log is copied once for all lines of an event: an upload of many secrets has one for each.
  void Log(const UpdateLogLine& line) {
    if (log_ == nullptr) log_ = std::make_shared<std::vector<std::string>>(*state_.update_log);
    log_->push_back(FormatUpdateLogLine(time_, line));
    state_.update_log = log_;
  }

  Status SetAuthority(ByteView root_certificate, PrivateKey root_key, const IntermediateRecord& intermediate) {
    STEELIE_TRY(PrivateKey key, RestoreKey(intermediate.key));
    STEELIE_TRY(pki::Authority authority,
                pki::Authority::Restore(root_certificate, std::move(root_key), intermediate.intermediate_certificate,
                                        intermediate.marble_root_certificate, std::move(key)));
    state_.authority = std::make_shared<const pki::Authority>(std::move(authority));
    return Ok();
  }

  State& state_;
  Instant time_;
  Instant floor_before_;
  std::shared_ptr<std::vector<std::string>> log_;
};

}  // namespace

std::vector<std::string> PendingUpdate::MissingUsers() const {
  std::vector<std::string> out;
  for (const auto& [name, acknowledged] : users) {
    if (!acknowledged) out.push_back(name);
  }
  return out;
}

std::string_view MarbleOfCounter(std::string_view id) { return id.substr(0, id.rfind(':')); }

void SetCounter(State& state, const std::string& id, std::uint64_t value) {
  if (state.counters.Get(id) == 0 && value > 0) {
    const std::string_view marble = MarbleOfCounter(id);
    state.counters_of.Set(marble, state.counters_of.Get(marble) + 1);
    ++state.counter_totals.count;
    state.counter_totals.id_bytes += id.size();
  }
  state.counters.Set(id, value);
}

Status Apply(State& state, const Event& event) {
  const Instant floor_before = state.last_event;
  state.last_event = std::max(state.last_event, event.time);
  return std::visit(Applier(state, event.time, floor_before), event.body);
}

}  // namespace steelie::control
