#include "marble/pin.h"

#include "crypto/pem.h"

namespace steelie::marble {
namespace {

constexpr std::string_view kRootVariable = "MARBLE_PREDEFINED_COORDINATOR_ROOT_CA";
constexpr std::string_view kChainVariable = "MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN";

Error Mismatch(const std::string& what) {
  return Error(Code::kUnauthenticated, "marble.pin", "not the pinned Coordinator: " + what);
}

Result<std::vector<Certificate>> CertificatesOf(const Parameters& parameters, std::string_view variable) {
  const ParameterValue* value = parameters.FindEnv(variable);
  if (value == nullptr) return Mismatch("its response lacks " + std::string(variable));
  const auto blocks = value->Reveal([](ByteView text) { return PemDecode(AsText(text)); });
  std::vector<Certificate> out;
  for (const PemBlock& block : blocks) {
    auto certificate = Certificate::FromDer(block.bytes);
    if (!certificate) return Mismatch(std::string(variable) + " is malformed");
    out.push_back(std::move(*certificate));
  }
  return out;
}

}  // namespace

Status CheckCoordinator(const Certificate& root, const Certificate& server, const Parameters& parameters) {
  STEELIE_TRY(const auto roots, CertificatesOf(parameters, kRootVariable));
  if (roots.size() != 1 || !PublicEqual(roots.front().der(), root.der())) {
    const std::string seen = roots.empty() ? "none" : HexEncode(roots.front().Fingerprint());
    return Mismatch("expected the root certificate with SHA-256 " + HexEncode(root.Fingerprint()) + ", saw " + seen);
  }
  STEELIE_TRY(const auto chain, CertificatesOf(parameters, kChainVariable));
  if (chain.size() < 2) return Mismatch(std::string(kChainVariable) + " holds no intermediate certificate");
  const Certificate& leaf = chain[0];
  const Certificate& intermediate = chain[1];
  STEELIE_TRY(const PublicKey root_key, root.SubjectPublicKey());
  if (!intermediate.IsCa() || !PublicEqual(intermediate.IssuerDer(), root.SubjectDer()) ||
      !intermediate.SignedBy(root_key)) {
    return Mismatch("its intermediate certificate is not by the root");
  }
  STEELIE_TRY(const PublicKey intermediate_key, intermediate.SubjectPublicKey());
  STEELIE_TRY(const PublicKey server_key, server.SubjectPublicKey());
  if (!PublicEqual(server_key.spki(), intermediate_key.spki())) {
    return Mismatch("the server does not hold the key of the intermediate certificate");
  }
  if (!leaf.SignedBy(intermediate_key)) return Mismatch("the marble's certificate is not by the intermediate");
  return Ok();
}

}  // namespace steelie::marble
