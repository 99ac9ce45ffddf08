#pragma once

#include <memory>
#include <optional>
#include <string>

#include "client/coordinator_client.h"
#include "client/http_client.h"
#include "client/verify.h"
#include "program.h"

namespace steelie::cli {

/// A Coordinator to talk to, and how it came to be trusted.
struct Session {
  std::unique_ptr<client::HttpsClient> transport;
  std::unique_ptr<client::CoordinatorClient> client;
  /// Set if this command verified it.
  std::optional<client::VerifiedCoordinator> coordinator;
};

/// Fetches and verifies the Coordinator's evidence; its root certificate is the trust anchor from then on.
Result<Session> ConnectVerified(const Program& program, const std::string& address,
                                std::optional<client::TlsIdentity> identity = std::nullopt);

/// Trusts the cached root certificate; with --insecure everybody.
Result<Session> ConnectCached(const Program& program, const std::string& address,
                              std::optional<client::TlsIdentity> identity = std::nullopt);

/// The reference's line `Successfully verified Coordinator, now ...`, or another one if nothing was verified.
void ReportVerified(const Program& program, const Session& session, const std::string& next);

/// The certificates of a verified session, for the cache.
Status SaveCertificates(const Program& program, const Session& session);

/// Writes the file of --save-sgx-quote, if it was asked for.
Status SaveQuote(const Program& program, const Session& session);

/// Prints new recovery secrets, or writes them to the file if one is named.
Status OutputRecoverySecrets(const Program& program, const client::RecoverySecrets& secrets, const std::string& file);
/// `{"RecoverySecrets":{...}}`
std::string RecoverySecretsJson(const client::RecoverySecrets& secrets);
/// `{"<name>":"<base64>",...}`
std::string RecoverySecretsMap(const client::RecoverySecrets& secrets);

/// Flags of commands that need a user.
struct UserFlags {
  std::string certificate;
  std::string key;
  std::string pkcs11_config, pkcs11_key_id, pkcs11_key_label, pkcs11_cert_id, pkcs11_cert_label;
};
std::shared_ptr<UserFlags> AddUserFlags(CLI::App& command);
/// Warns of a certificate that is expired or not valid yet: Coordinators accept it, but few others would.
Result<client::TlsIdentity> LoadUser(const Program& program, const UserFlags& flags);

}  // namespace steelie::cli
