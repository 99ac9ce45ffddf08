#include "manifest/key_work.h"

#include <algorithm>
#include <set>
#include <utility>

#include "manifest/checker.h"

namespace steelie::manifest {
namespace {

// The largest RSA key is 16384 bits, the largest shared key a quarter of the limit; what is larger is refused elsewhere
// and must only not overflow here.
constexpr std::uint64_t kMostSteps = 16384 / 256;

/// Adds up, secret by secret.
class Sum {
 public:
  void Add(const Secret& secret) {
    if (secret.user_defined) return;
    if (!IsCertificate(secret.type)) {
      if (secret.shared) bytes_ += std::min(secret.size / 8, kMaxSharedKeyBytes / 4);
      return;
    }
    work_ += 1;  // the certificate's signature
    if (secret.shared || tried_.emplace(secret.type, secret.size).second) work_ += KeyWork(secret);
  }
  std::uint64_t work() const { return work_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  std::uint64_t work_ = 0;
  std::uint64_t bytes_ = 0;
  std::set<std::pair<SecretType, std::uint64_t>> tried_;
};

}  // namespace

std::uint64_t KeyWork(const Secret& secret) {
  if (secret.type != SecretType::kCertRsa) return 1;
  const std::uint64_t steps = std::min(secret.size / 256 + (secret.size % 256 != 0 ? 1 : 0), kMostSteps);
  return std::max<std::uint64_t>(1, steps * steps * steps * steps / 64);
}

std::uint64_t TotalKeyWork(const Manifest& manifest) {
  Sum sum;
  for (const auto& [name, secret] : manifest.secrets) sum.Add(secret);
  return sum.work();
}

void CheckKeyWork(Checker& c) {
  Sum sum;
  for (const auto& [name, secret] : c.manifest().secrets) {
    if (c.Damaged("Secrets", name)) continue;
    sum.Add(secret);
    if (sum.work() > kMaxKeyWork) {
      c.Error({"Secrets", name, "Size"}, "manifest.secret.key_work",
              "making the keys of all certificate secrets up to `Secrets." + Shown(name) +
                  "` takes the work of more than " + std::to_string(kMaxKeyWork / kWorkOfRsa2048) +
                  " RSA keys of 2048 bits (one of 4096 bits counts as 16, one of 16384 bits as 4096): use fewer or "
                  "smaller RSA keys, or `cert-ecdsa`");
      return;
    }
    if (sum.bytes() > kMaxSharedKeyBytes) {
      c.Error({"Secrets", name, "Size"}, "manifest.secret.total_size",
              "the shared symmetric keys up to `Secrets." + Shown(name) + "` have more than " +
                  std::to_string(kMaxSharedKeyBytes) + " bytes together: use fewer or smaller ones");
      return;
    }
  }
}

}  // namespace steelie::manifest
