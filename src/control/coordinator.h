#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "attest/verifier.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "control/observer.h"
#include "control/state.h"
#include "crypto/x509.h"
#include "platform/platform.h"
#include "seal/possession.h"
#include "secret/wipe.h"

namespace steelie::control {

/// How a Coordinator is set up. Nothing of it weakens a real deployment.
struct CoordinatorOptions {
  std::filesystem::path seal_directory;
  std::string dns_names = "localhost";  // comma-separated, also IP addresses
  KeyKind curve = KeyKind::kEcP256;     // of the keys that the Coordinator makes: P-256 or P-384
  bool lenient_manifest = false;
  bool simulation = false;
  std::string version;  // of the program, for its status
  /// No decision uses a time below this: normally the build's date.
  Instant build_time{};
  /// For fault injection; control/vault.h.
  std::function<int(std::string_view)> seal_fault = {};
};

/// What a request's connection proves: the leaf certificate of the client, if it sent one. Only the leaf; TLS proves
/// possession of its key alone.
struct Caller {
  std::optional<Certificate> leaf;
};

/// Key and certificate of a listener. The pointer changes when they do.
struct ServerIdentity {
  PrivateKey key;
  Certificate certificate;
};

struct ActivationRequest {
  ByteView evidence;
  ByteView csr;  // DER
  std::string_view marble_type;
  std::string_view uuid;
};

struct ActivationResponse {
  struct Value {
    std::string name;
    SecretBuffer content;
  };
  std::vector<Value> files;
  std::vector<Value> env;
  std::vector<std::string> argv;
};

/// How far a recovery has come. Names of holders are public: they stand in the ledger's header in plain.
struct RecoveryView {
  std::size_t required = 0;            // secrets that are needed in all
  std::vector<std::string> collected;  // holders whose secret came, in order of arrival
  std::vector<std::string> missing;    // the others
};

struct StatusView {
  Phase phase = Phase::kUninitialized;
  std::string message;
  bool simulation = false;
  bool lenient_manifest = false;
  std::string platform;
  std::string version;
  std::optional<RecoveryView> recovery;  // in recovery, unless a secret is being looked at right now
};

struct ManifestView {
  Bytes manifest;
  std::string fingerprint;
  Bytes signature;
};

struct QuoteView {
  std::string certificate_chain;  // PEM: intermediate, then root
  std::optional<Bytes> evidence;  // nothing where the platform issues none
};

struct SetManifestResult {
  NameMap<Bytes> recovery_secrets;  // encrypted, by name of the recovery key
};

/// A secret as users read it.
struct SecretView {
  std::string type;
  std::uint64_t size = 0;
  bool shared = false;
  bool user_defined = false;
  std::uint64_t valid_for = 0;
  std::shared_ptr<const StoredSecret> value;  // never null; empty parts are absent
};

/// A secret as users upload it. Absent and empty differ.
struct SecretUpload {
  std::optional<SecretBuffer> key;
  std::optional<Certificate> certificate;
  std::optional<SecretBuffer> private_key;
};

struct UpdateResult {
  std::uint64_t missing_acknowledgments = 0;
  std::optional<std::vector<std::string>> missing_users;  // nothing when applied
  std::optional<NameMap<Bytes>> recovery_secrets;         // when the recovery configuration changed
};

struct PendingView {
  Bytes manifest;
  std::vector<std::string> missing_users;
  std::uint64_t missing_acknowledgments = 0;
};

/// For how long a holder's proof counts in a recovery drill.
inline constexpr std::chrono::hours kDrillWindow{24};

/// How a recovery drill stands, for everybody: no names.
struct DrillView {
  Bytes challenge;
  Instant good_until{};
  std::size_t holders = 0;
  std::size_t required = 0;
  std::size_t proven = 0;  // within kDrillWindow

  bool quorum() const { return proven >= required; }
};

/// The same for one who has proved to be a holder.
struct DrillResult {
  std::string holder;
  std::vector<std::string> proven;
  std::vector<std::string> missing;
  std::size_t required = 0;

  bool quorum() const { return proven.size() >= required; }
};

/// No decision uses a time below the floor.
struct TimeFloorView {
  Instant floor{};   // the later one of the newest event, unless lowered, and `lowest`
  Instant lowest{};  // it cannot be lowered below this: the date of the build
  Instant clock{};
};

/// The Coordinator: all use cases behind one face. Knows no transport.
///
/// Thread-safe; calls may block on the disk and on cryptography, never on each other longer than a commit takes.
/// Hostile: every argument of every call. Errors carry a code that transports map, a reason id and a message fit for
/// the caller; where clients match on texts, the messages contain them.
class Coordinator {
 public:
  struct Dependencies {
    const platform::Platform& platform;
    const attest::Verifier& verifier;
    const Clock& clock;
    Random& random;
    Logger& logger;
    Observer& observer;
    /// Called when the process must end because it is unknown what is on disk.
    std::function<void(const Error&)> on_fatal;
  };

  /// Loads the state, or starts without one, or in recovery. Errors must end the process.
  static Result<std::unique_ptr<Coordinator>> Start(CoordinatorOptions options, const Dependencies& dependencies);
  ~Coordinator();

  StatusView GetStatus() const;
  Phase phase() const;
  /// Whether the manifest in force defines a marble type.
  bool DefinesMarble(std::string_view marble_type) const;
  /// Listener identities. Change with the CA, not otherwise.
  std::shared_ptr<const ServerIdentity> ClientApiIdentity() const;
  std::shared_ptr<const ServerIdentity> MarbleApiIdentity() const;

  Result<SetManifestResult> SetManifest(Bytes manifest);
  Result<ManifestView> GetManifest() const;
  Result<QuoteView> GetQuote(std::optional<Bytes> nonce) const;
  Result<std::vector<std::string>> GetUpdateLog() const;

  Result<ActivationResponse> Activate(const ActivationRequest& request, const Caller& caller);

  /// Fails unless the caller is a user of the manifest in force. For transports, which check this before reading
  /// bodies.
  Status RequireUser(const Caller& caller) const;
  /// Decide as SetManifest, SubmitUpdate and AcknowledgeUpdate would, as far as that is possible without a manifest.
  /// They refuse only what those would refuse for any manifest that can be read.
  Status RequireManifestSettable() const;
  Status RequireUpdater(const Caller& caller) const;
  Status RequireAcknowledger(const Caller& caller) const;
  /// Size of the larger one of the manifest in force and the pending one.
  std::size_t ManifestBytes() const;
  Result<NameMap<SecretView>> ReadSecrets(const Caller& caller, const std::vector<std::string>& names);
  Status WriteSecrets(const Caller& caller, NameMap<SecretUpload> secrets);

  Result<UpdateResult> SubmitUpdate(const Caller& caller, Bytes manifest);
  Result<UpdateResult> AcknowledgeUpdate(const Caller& caller, const Bytes& manifest);
  Status CancelUpdate(const Caller& caller);
  Result<PendingView> GetPendingUpdate() const;
  /// What SubmitUpdate with this document would change, and which recorded marbles would be refused then. Changes
  /// nothing. For users who may make the update. Errors as SubmitUpdate, and `template.*` of placeholders that fail.
  Result<struct UpdatePlan> PlanUpdate(const Caller& caller, const Bytes& manifest) const;

  /// Whether a feature gate of the manifest in force is on. Errors: kPermissionDenied `feature.disabled`.
  Status RequireFeature(manifest::FeatureGate gate) const;
  /// Fails unless the caller is a marble with a current certificate. Errors: kUnauthenticated `marble.unauthorized`.
  Status RequireMarble(const Caller& caller) const;
  /// Raises a marble's counter; returns the value before. Errors: kUnauthenticated `marble.unauthorized`,
  /// kFailedPrecondition `counter.too_many` and `counter.too_many_total` for a new one.
  Result<std::uint64_t> SetCounter(const Caller& caller, const std::string& name, std::uint64_t value);

  TimeFloorView GetTimeFloor() const;
  /// Lowers the floor of time again after a clock had run ahead: an audited event. For users who may update the
  /// manifest. Returns the floor now in force. Errors: kUnauthenticated `user.unauthorized`, kPermissionDenied
  /// `user.forbidden`, kFailedPrecondition `time.not_lower`, kInvalidArgument `time.below_build`.
  Result<TimeFloorView> LowerTimeFloor(const Caller& caller, Instant floor);

  /// The key to encrypt recovery secrets to: DER SubjectPublicKeyInfo of an RSA key made at the first call.
  /// Errors: kFailedPrecondition `state.wrong` outside recovery.
  Result<Bytes> RecoveryPublicKey();
  /// Takes a recovery secret, plain or encrypted to RecoveryPublicKey, with its holder's signature over the plain one.
  /// Each is checked when it arrives; a wrong one changes nothing. Returns how many remain; 0: recovery is complete.
  /// Errors: kInvalidArgument `recovery.*`.
  Result<std::size_t> Recover(ByteView secret, ByteView signature);

  /// How many holders have proved lately that they could recover, and the challenge for the next one.
  /// Errors: kFailedPrecondition `state.wrong`; `drill.none` without recovery keys.
  Result<DrillView> GetRecoveryDrill();
  /// Takes a holder's proof that they have recovery secret and recovery key: an audited event, at most one for a holder
  /// and challenge. Errors as GetRecoveryDrill, and kInvalidArgument `drill.challenge` not a challenge given out
  /// lately, `drill.unknown`, `drill.proof`, `drill.signature` (seal/possession.h).
  Result<DrillResult> ProveRecovery(ByteView challenge, const seal::PossessionProof& proof);

  /// Waits until everything recorded is durable.
  void Flush();

  struct LedgerCopy {
    Bytes key_file;    // the wrapped key that opens it; empty if there is none
    std::string note;  // why it is empty
  };
  /// Writes a consistent copy of the sealed ledger to a new file while everything goes on; it holds all that was
  /// answered before the call. `progress` is called now and then; its error ends the copy. One at a time.
  /// Errors: kNotFound `backup.no_ledger` nothing is on disk; kUnavailable `backup.busy`; those of the ledger's store.
  Result<LedgerCopy> CopyLedger(const std::string& path,
                                const std::function<Status(std::uint64_t done, std::uint64_t of)>& progress);

  /// For the files of this folder.
  class Impl;

 private:
  explicit Coordinator(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace steelie::control
