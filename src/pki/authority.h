#pragma once

#include <string>
#include <vector>

#include "pki/certificate.h"

namespace steelie::pki {

/// The names that the Coordinator's CA certificates carry.
struct AuthorityNames {
  std::vector<std::string> dns_names;
  std::vector<Bytes> ip_addresses;
  /// Marks the certificates with kSimulationOid, so that nobody takes a simulated deployment for a real one.
  bool simulation = false;

  /// From a comma-separated list, not trimmed: elements that parse as an IP address become IP names; 127.0.0.1 and ::1
  /// are always added in front.
  static AuthorityNames FromList(std::string_view list);
};

/// What makes new CA certificates different from all others: keys and serial numbers, drawn by the caller.
struct RootInput {
  PrivateKey key;
  SerialNumber serial;
};
struct IntermediateInput {
  PrivateKey key;
  SerialNumber intermediate_serial;
  SerialNumber marble_root_serial;
};

/// The Coordinator's CA: a root; an intermediate signed by it; and the marble root, a self-signed certificate with the
/// intermediate's name and key, so that a leaf verifies against either (cross-signing).
///
/// Cheap to copy, immutable, thread-safe.
class Authority {
 public:
  /// A new hierarchy.
  static Result<Authority> Create(const AuthorityNames& names, const RootInput& root,
                                  const IntermediateInput& intermediate, Instant now);
  /// From stored parts (trusted: they come from our own sealed state). The names are those of the root.
  static Result<Authority> Restore(ByteView root_cert, PrivateKey root_key, ByteView intermediate_cert,
                                   ByteView marble_root_cert, PrivateKey intermediate_key);

  /// The same root with a new intermediate and marble root.
  Result<Authority> Rotate(const IntermediateInput& intermediate, Instant now) const;

  const Certificate& root() const { return root_; }
  const PrivateKey& root_key() const { return root_key_; }
  const Certificate& intermediate() const { return intermediate_; }
  const Certificate& marble_root() const { return marble_root_; }
  const PrivateKey& intermediate_key() const { return intermediate_key_; }
  const std::string& root_pem() const { return *root_pem_; }
  const std::string& intermediate_pem() const { return *intermediate_pem_; }
  const std::string& marble_root_pem() const { return *marble_root_pem_; }

  /// Issuer fields of everything that the intermediate key signs, encoded once.
  const Bytes& issuer_name() const { return *issuer_name_; }
  const Bytes& issuer_key_id() const { return *issuer_key_id_; }

 private:
  Authority(Certificate root, PrivateKey root_key, Certificate intermediate, Certificate marble_root,
            PrivateKey intermediate_key);

  Certificate root_;
  PrivateKey root_key_;
  Certificate intermediate_;
  Certificate marble_root_;
  PrivateKey intermediate_key_;
  std::shared_ptr<const std::string> root_pem_, intermediate_pem_, marble_root_pem_;
  std::shared_ptr<const Bytes> issuer_name_, issuer_key_id_;
};

/// Extension (non-critical, a DER TRUE) of every CA certificate of a Coordinator in simulation mode. Arcs stay below
/// 2^31, the most that some parsers read.
inline constexpr const char* kSimulationOid = "2.25.1594387621";

inline constexpr std::string_view kRootName = "MarbleRun Coordinator";
inline constexpr std::string_view kIntermediateName = "MarbleRun Coordinator - Intermediate CA";

}  // namespace steelie::pki
