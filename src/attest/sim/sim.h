#pragma once

#include <memory>

#include "attest/claims.h"
#include "attest/verifier.h"
#include "crypto/x509.h"

namespace steelie::attest::sim {

/// What a simulated platform says of a program, before it is signed.
struct Statement {
  Sha256Digest measurement{};  // SHA-256 of the program file
  std::array<std::uint8_t, 32> signer{};
  std::uint64_t product_id = 0;
  std::uint64_t security_version = 0;
  bool debug = false;
  ReportData report_data{};
};

/// A host of a simulated platform: a key certified by the platform's vendor root. No hardware stands behind it.
struct Host {
  PrivateKey key;
  Bytes certificate;  // DER, issued by the vendor root
};

/// A signed statement in an envelope.
Result<Bytes> Issue(const Statement& statement, const Host& host);

/// Verifies simulated evidence under one vendor root.
///
/// Reasons: `attest.sim.malformed`, `attest.sim.untrusted` (another or no vendor root), `attest.sim.chain` (the host's
/// certificate is not by the root, or expired), `attest.sim.signature`.
class SimVerifier final : public Verifier {
 public:
  /// Without a root everything is untrusted.
  explicit SimVerifier(std::optional<Certificate> vendor_root) : vendor_root_(std::move(vendor_root)) {}

  using Verifier::Verify;
  Result<Claims> Verify(ByteView evidence, Instant now, Trace& trace) const override;

 private:
  std::optional<Certificate> vendor_root_;
};

}  // namespace steelie::attest::sim
