#include "manifest/model.h"

namespace steelie::manifest {

PackageKind KindOf(const ReferenceSet& set) {
  if (set.sim) return PackageKind::kSim;
  if (set.tdx) return PackageKind::kTdx;
  return set.snp ? PackageKind::kSnp : PackageKind::kSgx;
}

std::string_view PackageKindName(PackageKind kind) {
  switch (kind) {
    case PackageKind::kSgx:
      return "SGX";
    case PackageKind::kSim:
      return "Sim";
    case PackageKind::kTdx:
      return "TDX";
    case PackageKind::kSnp:
      return "SNP";
  }
  return {};
}

std::string_view SecretTypeName(SecretType type) {
  switch (type) {
    case SecretType::kSymmetricKey:
      return "symmetric-key";
    case SecretType::kPlain:
      return "plain";
    case SecretType::kCertRsa:
      return "cert-rsa";
    case SecretType::kCertEcdsa:
      return "cert-ecdsa";
    case SecretType::kCertEd25519:
      return "cert-ed25519";
  }
  return {};
}

std::string_view ResourceTypeName(ResourceType type) {
  switch (type) {
    case ResourceType::kPackages:
      return "Packages";
    case ResourceType::kSecrets:
      return "Secrets";
    case ResourceType::kManifest:
      return "Manifest";
  }
  return {};
}

std::string_view ActionName(Action action) {
  switch (action) {
    case Action::kUpdateSecurityVersion:
      return "UpdateSecurityVersion";
    case Action::kReadSecret:
      return "ReadSecret";
    case Action::kWriteSecret:
      return "WriteSecret";
    case Action::kUpdateManifest:
      return "UpdateManifest";
  }
  return {};
}

}  // namespace steelie::manifest
