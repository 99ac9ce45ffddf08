#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/testing/fake_clock.h"
#include "base/testing/result_matchers.h"
#include "base/testing/temp_folder.h"
#include "client/recovery.h"
#include "client/secret_value.h"
#include "client/tls_identity.h"
#include "crypto/pem.h"
#include "pki/leaf.h"

namespace steelie::client {
namespace {

using steelie::testing::FailsWith;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Pem(const PrivateKey& key) {
  return key.ToPkcs8().Reveal([](ByteView der) { return ToText(PemEncodeSecret("PRIVATE KEY", der)); });
}

Bytes SelfSigned(const PrivateKey& key) {
  const steelie::testing::FakeClock clock;
  return *pki::IssueSelfSigned("user", key, {}, {}, {1}, clock.Now());
}

// Made with `openssl ecparam -name prime256v1 -genkey -noout`; used nowhere.
constexpr const char* kSec1 = R"(-----BEGIN EC PRIVATE KEY-----
MHcCAQEEILlWUcYZek97ty0J5mgGPtT1z39f4JlgOJiUv91kBQDboAoGCCqGSM49
AwEHoUQDQgAEex4P7mYyU2Vqysur57El3b03+tzlO787roHieDdXqmDEV+Jh6a0G
uIPv4tOYTwD2u7NEyOwWmHsbYOjykhNrDw==
-----END EC PRIVATE KEY-----
)";
// The same key with `openssl pkey`.
constexpr const char* kSec1AsPkcs8 = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQguVZRxhl6T3u3LQnm
aAY+1PXPf1/gmWA4mJS/3WQFANuhRANCAAR7Hg/uZjJTZWrKy6vnsSXdvTf63OU7
vzuugeJ4N1eqYMRX4mHprQa4g+/i05hPAPa7s0TI7BaYextg6PKSE2sP
-----END PRIVATE KEY-----
)";
// Made with `openssl genrsa -traditional 1024`; used nowhere.
constexpr const char* kPkcs1 = R"(-----BEGIN RSA PRIVATE KEY-----
MIICXAIBAAKBgQCh5+lj4HX83kgRGCtfR5D74UoHS4qcfgYO2y5gCzm6YG4yuyOa
va2bQAm2k+TQ77Xmt5xB9Ke3H7Xj7bVoW6887v9M6atsV4u3a3MBIsQMG+yuU/28
805/6iVh1zaQBLxlLOwxNkXEHC/rqcUQTGDHBAiseO9jMQRLcaNrVYpPZQIDAQAB
AoGAQwNwkMx5SZ7fiWPNn/RJSFgpgfd8eeWXsFJ8UXiT/lanhgv7YrMbxmStIIr6
bJirW8GnxYz0VlGjwaHEMluwngk7EMjO4dLMZtor8e/gtP8TWLme4UrEo5QMxxef
HAbEWuGkTBt91N3HaAtL3+Cua5q4S9sqlflmJmkfEtxSBUECQQDVsKDZYyNM9k9Y
+BR0uR/QWnc+nJkUvJazB6EN+noIMoFd2LVQdMpgb2bS2C2VcYzqo3K9wXPw0Gft
GSocYoCJAkEAwfZ9EPvftCJxZBZvAzgLbAOKtX+wn2pO6BpE8bgsNBCfQV8K4H6B
/q4F7+XHDsGpCPTR9k9tPaJw0mw0xYUI/QJBALGjMxODpkTEPRHoqJifjCLYEWir
JVZnr58EKI5GOku2MHSjQZawf8vKz99Wdg5VZp9nYGr99jOqC7q9wJP4DoECQBRb
KBkGNh4Tl07nw9LUqO43GPGfawvv/kQBrcaoi4sTS4Ny1BNnc4ElBl59AP0def4E
o5x0DYTwbWLIFGm+YokCQEbM6ykcDF7OPqv7VS112DPefTBC+S3JDk4neXZ8t7GX
zVfIqMAV+mXbWQXyBIrhkV5Pi4LhFdxqriR2hPIlx1E=
-----END RSA PRIVATE KEY-----
)";

TEST(PrivateKeyPem, ReadsAllThreeFormats) {
  ASSERT_OK_AND_ASSIGN(
      const PrivateKey sec1,
      ParsePrivateKey(std::string("-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n") +
                      kSec1));
  ASSERT_OK_AND_ASSIGN(const PrivateKey pkcs8, ParsePrivateKey(kSec1AsPkcs8));
  EXPECT_EQ(sec1.public_key().spki(), pkcs8.public_key().spki());
  ASSERT_OK_AND_ASSIGN(const PrivateKey rsa, ParsePrivateKey(kPkcs1));
  EXPECT_EQ(rsa.kind(), KeyKind::kRsa);
  EXPECT_EQ(rsa.public_key().bits(), 1024);
}

TEST(PrivateKeyPem, RefusesOthersWithoutShowingThem) {
  EXPECT_THAT(ParsePrivateKey(""), FailsWith("client.key.none"));
  EXPECT_THAT(ParsePrivateKey("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
              FailsWith("client.key.none"));
  EXPECT_THAT(ParsePrivateKey("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"),
              FailsWith("client.key.encrypted"));
  for (const char* label : {"PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY", "OPENSSH PRIVATE KEY"}) {
    const std::string text =
        "-----BEGIN " + std::string(label) + "-----\nc2VjcmV0\n-----END " + std::string(label) + "-----\n";
    const auto key = ParsePrivateKey(text);
    ASSERT_THAT(key, FailsWith("client.key.malformed")) << label;
    EXPECT_THAT(key.error().message(), Not(HasSubstr("c2Vj")));
  }
}

TEST(TlsIdentity, CertificateAndKeyMustBelongTogether) {
  const steelie::testing::TempFolder folder;
  ASSERT_OK_AND_ASSIGN(const PrivateKey key, PrivateKey::Generate(KeyKind::kEcP256));
  ASSERT_OK_AND_ASSIGN(const PrivateKey other, PrivateKey::Generate(KeyKind::kEcP256));
  const auto certificate = folder.path() / "user.crt";
  ASSERT_OK(ReplaceFile(certificate, AsBytes(PemEncode("CERTIFICATE", SelfSigned(key)))));
  ASSERT_OK(ReplaceFile(folder.path() / "user.key", AsBytes(Pem(key))));
  ASSERT_OK(ReplaceFile(folder.path() / "other.key", AsBytes(Pem(other))));
  ASSERT_OK_AND_ASSIGN(const TlsIdentity identity, ReadTlsIdentity(certificate, folder.path() / "user.key"));
  EXPECT_EQ(identity.chain.size(), 1U);
  EXPECT_THAT(ReadTlsIdentity(certificate, folder.path() / "other.key"), FailsWith("client.identity.mismatch"));
  EXPECT_THAT(ReadTlsIdentity(certificate, folder.path() / "none"), FailsWith("file.missing"));
  EXPECT_THAT(ReadTlsIdentity(folder.path() / "user.key", certificate), FailsWith("client.certificate"));
}

TEST(SecretFile, ReadsKeysAndCertificates) {
  ASSERT_OK_AND_ASSIGN(const UserSecrets secrets, ParseSecretFile(R"({"a":{"Key":"AAE="},"b":{"private":"AAI="}})"));
  EXPECT_EQ(ToBytes(ByteView(*secrets.at("a").key)), (Bytes{0, 1}));
  EXPECT_EQ(ToBytes(ByteView(*secrets.at("b").private_key)), (Bytes{0, 2}));
  for (const char* bad : {"", "[]", "{\"a\":1}", "{\"a\":{}}", "{\"a\":{\"Key\":\"topsecret!\"}}",
                          "{\"a\":{\"Cert\":\"AAAA\"}}", "{\"a\":{\"Kee\":\"AAAA\"}}"}) {
    const auto secret = ParseSecretFile(bad);
    ASSERT_THAT(secret, FailsWith("client.secret.file")) << bad;
    EXPECT_THAT(secret.error().message(), Not(HasSubstr("topsecret")));
  }
}

TEST(SecretFile, TakesWhatWasSaved) {
  ASSERT_OK_AND_ASSIGN(const PrivateKey key, PrivateKey::Generate(KeyKind::kEcP256));
  SecretEntry plain;
  plain.type = "plain";
  plain.user_defined = true;
  plain.public_value = plain.private_value = SecretBuffer{1, 2};
  SecretEntry certificate;
  certificate.type = "cert-ecdsa";
  certificate.user_defined = true;
  certificate.certificate = SelfSigned(key);
  certificate.private_value = SecretBuffer{3};
  const SecretBuffer saved = SecretsToJson({{"p", plain}, {"c", certificate}});
  ASSERT_OK_AND_ASSIGN(const UserSecrets secrets, ParseSecretFile(AsText(saved)));
  EXPECT_EQ(secrets.at("p").key, plain.private_value);
  EXPECT_FALSE(secrets.at("p").private_key.has_value());
  EXPECT_EQ(secrets.at("c").certificate, certificate.certificate);
  EXPECT_EQ(secrets.at("c").private_key, certificate.private_value);
  EXPECT_FALSE(secrets.at("c").key.has_value());
}

TEST(SecretFile, NamesWhatWasSavedAndCannotBeUploaded) {
  const auto generated = ParseSecretFile(R"({"g":{"Type":"symmetric-key","UserDefined":false,"Private":"AAE="}})");
  ASSERT_THAT(generated, FailsWith("client.secret.file"));
  EXPECT_THAT(generated.error().message(), HasSubstr("\"g\": the Coordinator makes this secret"));
  const auto missing = ParseSecretFile(R"({"n":{"Type":"plain","UserDefined":true,"Private":null}})");
  ASSERT_THAT(missing, FailsWith("client.secret.file"));
  EXPECT_THAT(missing.error().message(), HasSubstr("\"n\": nobody has uploaded it"));
  const auto yaml = ParseSecretFile("a:\n  Cert: |\n    -----BEGIN CERTIFICATE-----\n");
  ASSERT_THAT(yaml, FailsWith("client.secret.file"));
  EXPECT_THAT(yaml.error().message(), HasSubstr("YAML is not read"));
}

TEST(SecretFile, ReadsPem) {
  ASSERT_OK_AND_ASSIGN(const PrivateKey key, PrivateKey::Generate(KeyKind::kEcP256));
  const Bytes der = SelfSigned(key);
  const std::string certificate = PemEncode("CERTIFICATE", der);
  ASSERT_OK_AND_ASSIGN(const UserSecret both, ParsePemSecret(certificate + Pem(key) + certificate));
  EXPECT_EQ(*both.certificate, der);
  EXPECT_TRUE(both.private_key.has_value());
  ASSERT_OK_AND_ASSIGN(const UserSecret sec1, ParsePemSecret(kSec1));
  ASSERT_OK(PrivateKey::FromPkcs8(*sec1.private_key));
  EXPECT_FALSE(sec1.certificate.has_value());
  EXPECT_THAT(ParsePemSecret("nothing"), FailsWith("client.secret.pem"));
  EXPECT_THAT(ParsePemSecret("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n" + certificate),
              FailsWith("client.secret.pem"));
}

TEST(SecretText, NamesWhatIsMissing) {
  SecretEntries secrets;
  secrets["cert"].type = "cert-rsa";
  secrets["plain"].type = "plain";
  secrets["plain"].private_value = SecretBuffer{0, 1};
  EXPECT_EQ(ToText(SecretsToText(secrets)),
            "cert:\n\tType:         cert-rsa\n\tUserDefined:  false\n\tValid For:    0\n\tCertificate:  not set\n"
            "\tPublic Key:   not set\n\tPrivate Key:  not set\n"
            "plain:\n\tType:         plain\n\tUserDefined:  false\n\tData:         AAE=\n");
}

TEST(Recovery, TakesPlainAndEncryptedSecrets) {
  ASSERT_OK_AND_ASSIGN(const PrivateKey key, PrivateKey::Generate(KeyKind::kRsa, 2048));
  ASSERT_OK_AND_ASSIGN(const auto recovery_key, RecoveryKeyInMemory(key));
  for (const std::size_t size : {std::size_t{16}, std::size_t{32}, std::size_t{33}}) {
    const Bytes secret(size, 7);
    ASSERT_OK_AND_ASSIGN(const RecoveryUpload plain, PrepareRecovery(secret, *recovery_key));
    EXPECT_EQ(ToBytes(ByteView(plain.secret)), secret);
    ASSERT_OK_AND_ASSIGN(const Bytes encrypted, key.public_key().RsaOaepEncrypt(secret));
    ASSERT_OK_AND_ASSIGN(const RecoveryUpload opened, PrepareRecovery(encrypted, *recovery_key));
    EXPECT_EQ(ToBytes(ByteView(opened.secret)), secret);
    EXPECT_TRUE(key.public_key().Verify(SignatureScheme::kRsaPkcs1Sha256, secret, opened.signature));
  }
  EXPECT_THAT(PrepareRecovery(Bytes(31, 1), *recovery_key), FailsWith("client.recovery.secret"));
  ASSERT_OK_AND_ASSIGN(const PrivateKey ec, PrivateKey::Generate(KeyKind::kEcP256));
  EXPECT_THAT(RecoveryKeyInMemory(ec), FailsWith("client.recovery.key"));
}

}  // namespace
}  // namespace steelie::client
