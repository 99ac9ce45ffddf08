#include "secrets/derive.h"

#include "base/codec.h"
#include "crypto/kdf.h"

namespace steelie::secrets {
namespace {

// Context strings are versioned and end up first in the HKDF info, each behind its length, followed by length-prefixed
// fields: docs/formats/derivation.md. Changing a byte here changes everybody's keys.
constexpr std::string_view kMarbleKeyContext = "steelie marble key v1";
constexpr std::string_view kSealKeyContext = "steelie seal key v1";

void WritePrincipal(Writer& info, const Principal& principal) {
  info.Sized(principal.uuid.bytes());
  info.Bool(principal.bind_type);
  info.Sized(principal.bind_type ? principal.marble_type : std::string_view());
}

DerivedKey Derive(const RootSecret& root, const Writer& info, std::size_t size) {
  return root.Reveal([&](ByteView key) { return DerivedKey(HkdfSha256(key, {}, info.data(), size)); });
}

}  // namespace

RootSecret GenerateRootSecret(Random& random) {
  SecretBuffer bytes(kRootSecretSize);
  random.Fill(bytes);
  return RootSecret(std::move(bytes));
}

Result<DerivedKey> DeriveMarbleKey(const RootSecret& root, const Principal& principal, std::string_view secret_name,
                                   std::size_t size) {
  if (size == 0 || size > kHkdfMax) {
    return Error(Code::kInvalidArgument, "secrets.size",
                 "a per-marble key has 1 to " + std::to_string(kHkdfMax) + " bytes, not " + std::to_string(size));
  }
  Writer info;
  info.Sized(kMarbleKeyContext);
  WritePrincipal(info, principal);
  info.Sized(secret_name);
  return Derive(root, info, size);
}

DerivedKey DeriveSealKey(const RootSecret& root, const Principal& principal) {
  Writer info;
  info.Sized(kSealKeyContext);
  WritePrincipal(info, principal);
  return Derive(root, info, kSealKeySize);
}

}  // namespace steelie::secrets
