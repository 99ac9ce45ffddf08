#pragma once

#include <cstdint>
#include <string>

#include "base/uuid.h"
#include "crypto/certificate_profile.h"
#include "pki/authority.h"

namespace steelie::pki {

/// The OID of the extension whose value is a marble's type, as bare text.
inline constexpr const char* kMarbleTypeOid = "1.3.9903.2.1";

/// The certificate of one activation. The key is ours, not that of the request: from the request come the subject
/// (common name replaced, organization removed, unknown attributes dropped) and the names. `validity_days` 0 =
/// kLongLifetime. Returns DER.
Result<Bytes> IssueMarbleCertificate(const Authority& authority, const CertificateRequest& request, const Uuid& uuid,
                                     std::string_view marble_type, const PublicKey& key, const SerialNumber& serial,
                                     std::uint64_t validity_days, Instant now);

/// A certificate secret of the manifest. `valid_for_days` counts if the profile has no end of its own; 0 = 365.
/// Returns DER. Errors: kInvalidArgument `pki.profile` names the member that cannot be encoded.
Result<Bytes> IssueSecretCertificate(const Authority& authority, const CertificateProfile& profile,
                                     const PublicKey& key, const SerialNumber& serial, std::uint64_t valid_for_days,
                                     Instant now);

/// A self-signed certificate with the names given, as a marble makes it for the connection to the Coordinator.
Result<Bytes> IssueSelfSigned(std::string_view common_name, const PrivateKey& key,
                              const std::vector<std::string>& dns_names, const std::vector<Bytes>& ip_addresses,
                              const SerialNumber& serial, Instant now);

}  // namespace steelie::pki
