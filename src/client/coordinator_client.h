#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "client/drill_proof.h"
#include "client/http.h"
#include "client/secret_value.h"
#include "crypto/key.h"

namespace steelie::client {

/// Recovery secrets by the name of the recovery key: base64 of what the holder of that key can decrypt.
using RecoverySecrets = std::map<std::string, std::string>;

// States of a Coordinator, as its status says them.
constexpr std::uint64_t kStateRecovery = 1;
constexpr std::uint64_t kStateAcceptingManifest = 2;
constexpr std::uint64_t kStateAcceptingMarbles = 3;

struct RecoveryStatus {
  std::uint64_t required = 0;
  std::vector<std::string> collected;
  std::vector<std::string> missing;
};

struct CoordinatorStatus {
  std::uint64_t code = 0;
  std::string message;
  // What Coordinators other than ours do not say.
  std::optional<bool> simulation;
  std::optional<bool> lenient_manifest;
  std::string platform;
  std::string version;
  std::optional<RecoveryStatus> recovery;
};

struct ManifestAnswer {
  Bytes manifest;
  std::string fingerprint;  // hex
  Bytes signature;          // ECDSA by the root key, DER
};

struct QuoteAnswer {
  std::string certificates;  // PEM: intermediate, root
  Bytes quote;               // empty without a TEE
};

struct UpdateAnswer {
  std::uint64_t missing = 0;  // acknowledgments
  std::vector<std::string> missing_users;
  std::optional<RecoverySecrets> recovery_secrets;
};

struct PendingUpdate {
  Bytes manifest;
  std::string message;
  std::vector<std::string> missing_users;
};

struct RecoverAnswer {
  std::uint64_t remaining = 0;
  std::string message;
};

/// How a recovery drill stands.
struct DrillStatus {
  Bytes challenge;
  std::uint64_t good_until = 0;  // the challenge, in Unix seconds
  std::uint64_t holders = 0;
  std::uint64_t required = 0;
  std::uint64_t proven = 0;
  bool quorum = false;
  std::uint64_t window = 0;  // seconds that a proof counts
};

struct DrillAnswer {
  std::string holder;
  std::vector<std::string> proven;
  std::vector<std::string> missing;
  std::uint64_t required = 0;
  bool quorum = false;
};

/// No decision of the Coordinator uses a time below the floor. All in Unix seconds.
struct TimeFloor {
  std::uint64_t floor = 0;
  std::uint64_t lowest = 0;  // that it can be lowered to
  std::uint64_t clock = 0;   // the Coordinator's
};

/// The client API of a Coordinator, version 2, with version 1 where a Coordinator does not know version 2 (HTTP 405).
///
/// Errors of the transport pass through. What the Coordinator refuses becomes
/// `METHOD URL: CODE Reason: status: message` with reason `client.refused`, and on 401 kUnauthenticated
/// `client.unauthorized` with `METHOD URL: authorizing user: message`. An answer that does not parse is kUnavailable
/// `client.answer`. One thread at a time.
class CoordinatorClient {
 public:
  /// `transport` must outlive the client.
  explicit CoordinatorClient(HttpTransport& transport) : transport_(transport) {}

  Result<CoordinatorStatus> GetStatus();
  /// Errors also: kUnimplemented `client.old_coordinator` for a nonce with a Coordinator that knows version 1 only.
  Result<QuoteAnswer> GetQuote(ByteView nonce);

  /// Without a manifest a version 1 Coordinator answers with empty fields.
  Result<ManifestAnswer> GetManifest();
  /// Empty without recovery keys.
  Result<RecoverySecrets> SetManifest(ByteView manifest);
  /// One JSON object a line.
  Result<std::vector<std::string>> GetUpdateLog();

  Result<UpdateAnswer> ApplyUpdate(ByteView manifest);
  /// What the update would change, as the JSON text of the answer's data; client/plan_report.h reads it.
  /// Errors also: kUnimplemented `client.old_coordinator` with a Coordinator that has no plans.
  Result<std::string> PlanUpdate(ByteView manifest);
  Result<UpdateAnswer> AcknowledgeUpdate(ByteView manifest);
  Status CancelUpdate();
  Result<PendingUpdate> GetPendingUpdate();

  Result<TimeFloor> GetTimeFloor();
  /// To a time in Unix seconds.
  Result<TimeFloor> LowerTimeFloor(std::uint64_t floor);

  Result<SecretEntries> GetSecrets(const std::vector<std::string>& names);
  Status SetSecrets(const UserSecrets& secrets);

  /// The key under which recovery secrets are encrypted on the way.
  Result<PublicKey> GetRecoveryPublicKey();
  Result<RecoverAnswer> Recover(ByteView secret, ByteView signature);

  Result<DrillStatus> GetRecoveryDrill();
  Result<DrillAnswer> ProveRecovery(const DrillProof& proof);

 private:
  HttpTransport& transport_;
};

}  // namespace steelie::client
