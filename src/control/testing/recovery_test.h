#pragma once

#include "control/testing/users_test.h"
#include "crypto/pem.h"

namespace steelie::control::testing {

/// A Coordinator whose manifest has recovery keys, and their holders.
class RecoveryTest : public UsersTest {
 protected:
  struct Holder {
    PrivateKey key;
    Bytes ciphertext;
  };
  std::string WithKeys(std::size_t count, std::uint64_t threshold) {
    return Make([&](json& m) {
      for (std::size_t i = 0; i < count; ++i) {
        const std::string name = "key" + std::to_string(i);
        if (!holders_.contains(name)) holders_.emplace(name, Holder{*PrivateKey::Generate(KeyKind::kRsa, 2048), {}});
        m["RecoveryKeys"][name] = PemEncode("PUBLIC KEY", holders_.at(name).key.public_key().spki());
      }
      m["Config"]["RecoveryThreshold"] = threshold;
      m["Config"]["UpdateThreshold"] = 1;
    });
  }
  void SetWithKeys(std::size_t count, std::uint64_t threshold) {
    auto result = coordinator_->SetManifest(ToBytes(WithKeys(count, threshold)));
    ASSERT_TRUE(result.has_value()) << result.error().ToString();
    Remember(result->recovery_secrets);
  }
  void Remember(const NameMap<Bytes>& secrets) {
    ASSERT_EQ(secrets.size(), holders_.size());
    for (const auto& [name, ciphertext] : secrets) holders_.at(name).ciphertext = ciphertext;
  }
  void LoseTheKey() {
    Stop();
    std::filesystem::remove(SealFile("sealed_key"));
    Start();
    ASSERT_EQ(coordinator_->phase(), Phase::kRecovery);
  }
  SecretBuffer SecretOf(const std::string& name) const {
    const Holder& holder = holders_.at(name);
    return *holder.key.RsaOaepDecrypt(holder.ciphertext);
  }
  Bytes SignatureOf(const std::string& name, ByteView secret) const {
    return *holders_.at(name).key.Sign(SignatureScheme::kRsaPkcs1Sha256, secret);
  }
  Result<std::size_t> Recover(const std::string& name, bool encrypted = false) const {
    const SecretBuffer secret = SecretOf(name);
    const Bytes signature = SignatureOf(name, secret);
    if (!encrypted) return coordinator_->Recover(secret, signature);
    STEELIE_TRY(const Bytes spki, coordinator_->RecoveryPublicKey());
    return coordinator_->Recover(*PublicKey::FromSpki(spki)->RsaOaepEncrypt(secret), signature);
  }

  std::map<std::string, Holder> holders_;
};

}  // namespace steelie::control::testing
