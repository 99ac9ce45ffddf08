#pragma once

#include <filesystem>
#include <memory>

#include "attest/sim/sim.h"
#include "base/clock.h"
#include "base/random.h"
#include "platform/platform.h"

namespace steelie::platform {

/// Who a program claims to be on the simulated platform.
struct SimIdentity {
  Sha256Digest measurement{};
  std::array<std::uint8_t, 32> signer{};
  std::uint64_t product_id = 0;
  std::uint64_t security_version = 0;
  bool debug = false;
};

/// The simulated platform is a folder: a vendor root made at first use, and a host key that it certified. Whoever can
/// read the folder can claim anything; it serves development and tests.
///
/// Files: `vendor.crt`, `vendor.pem` (the vendor's private key), `host.crt`, `host.pem` (the host's), `host.seed` (from
/// which sealing keys are derived). A further host is another folder with the same vendor files: MakeHost.
class SimPlatform final : public Platform {
 public:
  /// Opens the folder, or makes it with a new vendor and host. Errors: kUnavailable `platform.sim.folder`.
  static Result<std::unique_ptr<SimPlatform>> Open(const std::filesystem::path& folder, const SimIdentity& identity,
                                                   Random& random, const Clock& clock);
  /// Opens the folder of a host that somebody made. Errors also: kNotFound `platform.sim.no_host`.
  static Result<std::unique_ptr<SimPlatform>> OpenExisting(const std::filesystem::path& folder,
                                                           const SimIdentity& identity);
  /// Makes `host_folder` a further host of the vendor whose folder is `vendor_folder` (made if missing).
  static Status MakeHost(const std::filesystem::path& vendor_folder, const std::filesystem::path& host_folder,
                         Random& random, const Clock& clock);

  const Certificate& vendor_root() const { return vendor_root_; }

  std::string_view name() const override { return "sim"; }
  bool is_real() const override { return false; }
  bool issues_evidence() const override { return true; }
  Result<Bytes> IssueEvidence(const attest::ReportData& report_data) const override;
  Result<DerivedSealingKey> NewSealingKey(SealingPolicy policy) const override;
  Result<SealingKey> SealingKeyFor(ByteView info) const override;

 private:
  struct SeedTag;

  SimPlatform(Certificate vendor_root, attest::sim::Host host, Secret<SeedTag> seed, const SimIdentity& identity)
      : vendor_root_(std::move(vendor_root)), host_(std::move(host)), seed_(std::move(seed)), identity_(identity) {}

  Certificate vendor_root_;
  attest::sim::Host host_;
  Secret<SeedTag> seed_;
  SimIdentity identity_;
};

/// SHA-256 of a program file. Errors: kNotFound, kUnavailable.
Result<Sha256Digest> MeasureProgram(const std::filesystem::path& program);

}  // namespace steelie::platform
