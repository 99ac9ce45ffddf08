#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"

namespace steelie {

/// What a certificate shall contain, apart from key, serial number and issuer: the members of a manifest's `Cert`
/// object that are honoured (they are those of Go's X.509 certificate structure). Plain data. Absent lists and empty
/// ones differ: an absent list takes a default, an empty one means none.
struct CertificateProfile {
  using Arcs = std::vector<std::uint64_t>;

  struct ExtraName {
    Arcs type;
    std::string value;
  };
  struct Name {
    std::vector<std::string> country, organization, organizational_unit, locality, province, street_address,
        postal_code;
    std::string common_name;
    std::string serial_number;
    std::vector<ExtraName> extra_names;
  };
  struct ExtraExtension {
    Arcs id;
    bool critical = false;
    Bytes value;
  };
  struct IpRange {
    Bytes address;  // 4 or 16 bytes
    Bytes mask;     // as long as the address
  };
  struct NameConstraints {
    std::vector<std::string> dns, email, uri;
    std::vector<IpRange> ip;
  };

  /// Digest of the ECDSA signature by the issuer in bits: 256, 384, 512, or 0 for the one that fits the issuer's key.
  int signature_digest_bits = 0;
  Name subject;
  /// DER of a whole name; replaces `subject`.
  std::optional<Bytes> raw_subject;
  std::optional<CertificateTime> not_after;
  /// X.509 key usage, bit 0 digitalSignature to bit 8 decipherOnly; 0 takes the default.
  std::uint32_t key_usage = 0;
  /// Numbers of Go's ExtKeyUsage, 0 (any) to 13.
  std::optional<std::vector<int>> ext_key_usage;
  std::vector<Arcs> unknown_ext_key_usage;
  bool is_ca = false;
  std::optional<int> max_path_len;  // for a CA only
  std::optional<Bytes> subject_key_id;
  std::vector<std::string> ocsp_server, issuing_certificate_url, crl_distribution_points;
  std::optional<std::vector<std::string>> dns_names;
  std::vector<std::string> email_addresses;
  std::optional<std::vector<Bytes>> ip_addresses;  // 4 or 16 bytes each
  std::vector<std::string> uris;
  NameConstraints permitted, excluded;
  bool name_constraints_critical = false;
  std::vector<Arcs> policies;
  std::vector<ExtraExtension> extra_extensions;
};

}  // namespace steelie
