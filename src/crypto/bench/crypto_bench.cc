// What the cryptography alone costs: OpenSSL with everything prepared that can be, so nothing of ours counts. The sum
// over what an activation needs is the floor that docs/performance.md compares with.

#include <benchmark/benchmark.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>

#include <array>

#include "base/check.h"
#include "crypto/openssl_util.h"

namespace steelie {
namespace {

using openssl::MdCtxPtr;
using openssl::PkeyCtxPtr;
using openssl::PkeyPtr;

const char* const kP256 = "P-256";
const char* const kP384 = "P-384";

constexpr std::array<std::uint8_t, 600> kMessage{};

const EVP_MD* Digest(const char* curve) {
  static const EVP_MD* const k256 = EVP_MD_fetch(nullptr, "SHA2-256", nullptr);
  static const EVP_MD* const k384 = EVP_MD_fetch(nullptr, "SHA2-384", nullptr);
  return curve == kP384 ? k384 : k256;
}

PkeyPtr NewKey(const char* curve) {
  PkeyPtr key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve));
  STEELIE_CHECK(key != nullptr);
  return key;
}

void GenerateKey(benchmark::State& state, const char* curve) {
  const PkeyCtxPtr ctx(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  STEELIE_CHECK(EVP_PKEY_keygen_init(ctx.get()) == 1 && EVP_PKEY_CTX_set_group_name(ctx.get(), curve) == 1);
  for (auto _ : state) {
    EVP_PKEY* raw = nullptr;
    STEELIE_CHECK(EVP_PKEY_generate(ctx.get(), &raw) == 1);
    EVP_PKEY_free(raw);
  }
}
BENCHMARK_CAPTURE(GenerateKey, P256, kP256)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(GenerateKey, P384, kP384)->Unit(benchmark::kMicrosecond);

// With a context that was initialised once, as a signer that is called often can keep one.
void Sign(benchmark::State& state, const char* curve) {
  const PkeyPtr key = NewKey(curve);
  const MdCtxPtr ready(EVP_MD_CTX_new());
  const MdCtxPtr ctx(EVP_MD_CTX_new());
  STEELIE_CHECK(EVP_DigestSignInit(ready.get(), nullptr, Digest(curve), nullptr, key.get()) == 1);
  for (auto _ : state) {
    std::array<std::uint8_t, 256> signature{};
    std::size_t size = signature.size();
    STEELIE_CHECK(EVP_MD_CTX_copy_ex(ctx.get(), ready.get()) == 1);
    STEELIE_CHECK(EVP_DigestSign(ctx.get(), signature.data(), &size, kMessage.data(), kMessage.size()) == 1);
  }
}
BENCHMARK_CAPTURE(Sign, P256, kP256)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(Sign, P384, kP384)->Unit(benchmark::kMicrosecond);

void Verify(benchmark::State& state, const char* curve) {
  const PkeyPtr key = NewKey(curve);
  const MdCtxPtr ready(EVP_MD_CTX_new());
  const MdCtxPtr ctx(EVP_MD_CTX_new());
  std::array<std::uint8_t, 256> signature{};
  std::size_t size = signature.size();
  STEELIE_CHECK(EVP_DigestSignInit(ready.get(), nullptr, Digest(curve), nullptr, key.get()) == 1);
  STEELIE_CHECK(EVP_DigestSign(ready.get(), signature.data(), &size, kMessage.data(), kMessage.size()) == 1);
  STEELIE_CHECK(EVP_MD_CTX_reset(ready.get()) == 1);
  STEELIE_CHECK(EVP_DigestVerifyInit(ready.get(), nullptr, Digest(curve), nullptr, key.get()) == 1);
  for (auto _ : state) {
    STEELIE_CHECK(EVP_MD_CTX_copy_ex(ctx.get(), ready.get()) == 1);
    STEELIE_CHECK(EVP_DigestVerify(ctx.get(), signature.data(), size, kMessage.data(), kMessage.size()) == 1);
  }
}
BENCHMARK_CAPTURE(Verify, P256, kP256)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(Verify, P384, kP384)->Unit(benchmark::kMicrosecond);

// The server's part of a key exchange: a key of its own, then the shared secret.
void Exchange(benchmark::State& state, const char* group) {
  const bool is_ec = group == kP256;
  const PkeyPtr peer(is_ec ? EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", group)
                           : EVP_PKEY_Q_keygen(nullptr, nullptr, group));
  const PkeyCtxPtr generator(EVP_PKEY_CTX_new_from_name(nullptr, is_ec ? "EC" : group, nullptr));
  STEELIE_CHECK(EVP_PKEY_keygen_init(generator.get()) == 1);
  if (is_ec) STEELIE_CHECK(EVP_PKEY_CTX_set_group_name(generator.get(), group) == 1);
  for (auto _ : state) {
    EVP_PKEY* raw = nullptr;
    STEELIE_CHECK(EVP_PKEY_generate(generator.get(), &raw) == 1);
    const PkeyPtr own(raw);
    const PkeyCtxPtr ctx(EVP_PKEY_CTX_new(own.get(), nullptr));
    std::array<std::uint8_t, 64> secret{};
    std::size_t size = secret.size();
    STEELIE_CHECK(EVP_PKEY_derive_init(ctx.get()) == 1 && EVP_PKEY_derive_set_peer(ctx.get(), peer.get()) == 1 &&
                  EVP_PKEY_derive(ctx.get(), secret.data(), &size) == 1);
  }
}
BENCHMARK_CAPTURE(Exchange, P256, kP256)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(Exchange, X25519, "X25519")->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace steelie
