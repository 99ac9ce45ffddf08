#pragma once

#include <array>
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

/// Requirements on a trust domain (Intel TDX). Measurements are 48 bytes; absent means not checked.
struct TdxPackage {
  std::optional<Bytes> mr_td, mr_seam, mr_signer_seam, mr_config_id, mr_owner, mr_owner_config;
  std::array<std::optional<Bytes>, 4> rtmr;
  std::optional<std::uint64_t> attributes, attributes_mask, xfam, xfam_mask;  // a mask only with a value
  bool debug = false;
  bool require_sept_ve_disable = true;
  bool allow_migration = false;
};

/// Lowest security versions of an SEV-SNP platform; 0 where nothing is asked for.
struct SnpTcbMinimum {
  std::uint64_t fmc = 0;
  std::uint64_t boot_loader = 0;
  std::uint64_t tee = 0;
  std::uint64_t snp = 0;
  std::uint64_t microcode = 0;
};

/// Requirements on a guest of AMD SEV-SNP. Absent means not checked.
struct SnpPackage {
  std::optional<Bytes> measurement;                       // of the launch, 48 bytes
  std::optional<Bytes> host_data;                         // 32 bytes
  std::optional<Bytes> id_key_digest, author_key_digest;  // 48 bytes
  std::optional<Bytes> family_id, image_id;               // 16 bytes
  std::optional<std::uint64_t> guest_svn;                 // minimum
  std::uint64_t vmpl = 0;                                 // maximum
  bool debug = false;

  /// Of the guest's policy: what may be allowed, and what must be demanded.
  struct Policy {
    bool allow_smt = true;
    bool allow_migration_agent = false;
    bool allow_cxl = false;
    bool require_single_socket = false;
    bool require_aes256_xts = false;
    bool require_rapl_disabled = false;
    bool require_ciphertext_hiding = false;
    bool require_page_swap_disabled = false;
  } policy;
  /// Of the machine as it runs.
  struct Platform {
    bool require_smt_disabled = false;
    bool require_tsme = false;
    bool require_ecc = false;
    bool require_rapl_disabled = false;
    bool require_ciphertext_hiding = false;
    bool require_alias_check = false;
  } platform;

  /// By product (`Milan`, `Genoa`, `Turin`). If there is any, other products are refused.
  NameMap<SnpTcbMinimum> minimum_tcb;
  std::vector<std::string> chip_ids;  // lower-case hex of 64 bytes; empty: any
  std::string signing_key;            // `VCEK`, `VLEK`, or empty: either
};

/// One description of software that may join: either the SGX fields, or exactly one of the others.
struct ReferenceSet {
  bool debug = false;
  std::string unique_id;  // hex as written, "" = not checked
  std::string signer_id;
  std::optional<std::uint64_t> product_id;
  std::optional<std::uint64_t> security_version;  // minimum
  std::vector<std::string> accepted_tcb_statuses;
  std::vector<std::string> accepted_advisories;
  std::optional<SimPackage> sim;
  std::optional<TdxPackage> tdx;
  std::optional<SnpPackage> snp;
};

enum class PackageKind { kSgx, kSim, kTdx, kSnp };

/// What kind of evidence the set is about; the first if it wrongly has several.
PackageKind KindOf(const ReferenceSet& set);
/// `SGX`, `Sim`, `TDX`, `SNP`: but for SGX also the member of a set that holds its requirements.
std::string_view PackageKindName(PackageKind kind);

/// Software that may join: whatever satisfies the package itself or one of its alternatives, each taken whole.
struct Package : ReferenceSet {
  static constexpr std::size_t kMaxAlternatives = 64;

  std::vector<ReferenceSet> alternatives;
  /// What a package update last raised the security version to. Not part of the document.
  std::optional<std::uint64_t> raised_version;
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
