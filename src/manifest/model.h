#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "crypto/certificate_profile.h"

namespace steelie::manifest {

// The manifest as typed data: what parse.h made of the JSON document. Plain values without behaviour. Names are kept
// verbatim; maps are ordered by name, so that everything derived from a manifest is deterministic.

template <typename T>
using NameMap = std::map<std::string, T, std::less<>>;

/// Requirements on evidence of the simulated platform (attest/sim).
struct SimPackage {
  std::optional<Bytes> measurement;  // SHA-256 of the program, 32 bytes
  std::optional<Bytes> signer_id;    // 32 bytes
  std::optional<std::uint64_t> product_id;
  std::optional<std::uint64_t> security_version;  // minimum
  bool debug = false;
};

/// Software that may join. Either the SGX fields or `sim`.
struct Package {
  bool debug = false;
  std::string unique_id;  // hex as written, "" = not checked
  std::string signer_id;
  std::optional<std::uint64_t> product_id;
  std::optional<std::uint64_t> security_version;  // minimum
  std::vector<std::string> accepted_tcb_statuses;
  std::vector<std::string> accepted_advisories;
  std::optional<SimPackage> sim;
};

enum class Encoding { kString, kBase64, kHex };

/// Content of a file or an environment variable.
struct FileValue {
  Bytes data;  // decoded
  Encoding encoding = Encoding::kString;
  bool no_templates = false;

  bool operator==(const FileValue&) const = default;
};

struct Parameters {
  NameMap<FileValue> files;  // by path
  NameMap<FileValue> env;    // by variable name
  std::vector<std::string> argv;

  bool operator==(const Parameters&) const = default;
};

struct Marble {
  std::string package;
  std::uint64_t max_activations = 0;  // 0 = unlimited
  Parameters parameters;
  std::vector<std::string> tls;
  bool disable_secret_binding = false;
  std::uint64_t certificate_validity_days = 0;            // extension; 0 = the reference's default
  std::optional<std::vector<std::string>> allowed_names;  // extension; absent = any
};

enum class SecretType { kSymmetricKey, kPlain, kCertRsa, kCertEcdsa, kCertEd25519 };

/// `symmetric-key`, `plain`, `cert-rsa`, `cert-ecdsa`, `cert-ed25519`.
std::string_view SecretTypeName(SecretType type);
inline bool IsCertificate(SecretType type) { return type >= SecretType::kCertRsa; }

struct Secret {
  SecretType type = SecretType::kSymmetricKey;
  std::uint64_t size = 0;  // bits
  bool shared = false;
  bool user_defined = false;
  std::uint64_t valid_for = 0;              // days, 0 = default
  CertificateProfile profile;               // for certificates
  std::optional<Bytes> preset_certificate;  // `Cert` given as base64 DER
  Bytes preset_private, preset_public;      // normally empty; initial values of a user-defined secret
};

struct User {
  std::string certificate;  // PEM text as written
  std::vector<std::string> roles;
};

enum class ResourceType { kPackages, kSecrets, kManifest };
enum class Action { kUpdateSecurityVersion, kReadSecret, kWriteSecret, kUpdateManifest };

/// `Packages`, `Secrets`, `Manifest`.
std::string_view ResourceTypeName(ResourceType type);
/// `UpdateSecurityVersion`, ...
std::string_view ActionName(Action action);

struct Role {
  ResourceType resource_type = ResourceType::kPackages;
  std::vector<std::string> resource_names;
  std::vector<Action> actions;
};

struct TlsEntry {
  std::string port;
  std::string addr;
  std::string cert;
  bool disable_client_auth = false;
};

struct TlsTag {
  std::vector<TlsEntry> outgoing, incoming;
};

enum class SealMode { kProductKey, kUniqueKey, kDisabled };
enum class FeatureGate { kSignQuoteEndpoint, kMonotonicCounter };

struct Config {
  SealMode seal_mode = SealMode::kProductKey;
  std::vector<FeatureGate> feature_gates;  // sorted, without duplicates
  std::uint64_t update_threshold = 0;
  std::uint64_t recovery_threshold = 0;
  bool rotate_root_secret = false;
};

struct Manifest {
  NameMap<Package> packages;
  NameMap<Marble> marbles;
  NameMap<Secret> secrets;
  NameMap<User> users;
  NameMap<Role> roles;
  NameMap<std::string> recovery_keys;  // PEM
  NameMap<TlsTag> tls;
  Config config;
  /// A non-empty section `Infrastructures` was there. It is not supported and has no effect, except that a document
  /// with it is no package-only update.
  bool has_infrastructures = false;
};

}  // namespace steelie::manifest
