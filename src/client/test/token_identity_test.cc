#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/file.h"
#include "base/testing/fake_clock.h"
#include "base/testing/result_matchers.h"
#include "base/testing/temp_folder.h"
#include "client/test/fake_token.h"
#include "client/tls_token_key.h"
#include "crypto/pem.h"
#include "pki/leaf.h"

namespace steelie::client {
namespace {

using steelie::testing::FailsWith;
using ::testing::HasSubstr;

// OpenSSL gives the signature of a key as much room as the curve needs: numbers that are larger would not fit.
TEST(TokenIdentity, AnOverlongSignatureOfATokenIsRefused) {
  const steelie::testing::TempFolder folder;
  TokenIdentityNames names;
  names.config = folder.path() / "token.json";
  names.certificate_file = folder.path() / "certificate.pem";
  names.key.label = "any";
  const std::string config = std::string(R"({"Path": ")") + std::getenv("FAKE_TOKEN") + R"(", "SlotNumber": )" +
                             std::to_string(static_cast<int>(FakeToken::kOverlongEc)) +
                             R"(, "LoginNotSupported": true})";
  ASSERT_OK(ReplaceFile(names.config, AsBytes(config)));
  for (const KeyKind kind : {KeyKind::kEcP256, KeyKind::kEcP384, KeyKind::kEcP521}) {
    ASSERT_OK_AND_ASSIGN(const PrivateKey key, PrivateKey::Generate(kind));
    ASSERT_OK_AND_ASSIGN(const Bytes der,
                         pki::IssueSelfSigned("user", key, {}, {}, {1}, steelie::testing::FakeClock().Now()));
    ASSERT_OK(ReplaceFile(names.certificate_file, AsBytes(PemEncode("CERTIFICATE", der))));
    const auto identity = ReadTokenIdentity(names);
    ASSERT_THAT(identity, FailsWith("client.pkcs11.sign"));
    EXPECT_THAT(identity.error().message(), HasSubstr("does not sign"));
  }
}

}  // namespace
}  // namespace steelie::client
