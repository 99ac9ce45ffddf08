#include "crypto/key.h"

#include <gtest/gtest.h>

#include "base/testing/result_matchers.h"
#include "crypto/constant_time.h"
#include "crypto/hash.h"

namespace steelie {
namespace {

using testing::FailsWith;

struct Case {
  KeyKind kind;
  int rsa_bits;
  SignatureScheme scheme;
};

class EveryKind : public ::testing::TestWithParam<Case> {};

TEST_P(EveryKind, SignsVerifiesAndRoundTrips) {
  ASSERT_OK_AND_ASSIGN(const PrivateKey key, PrivateKey::Generate(GetParam().kind, GetParam().rsa_bits));
  EXPECT_EQ(key.kind(), GetParam().kind);
  ASSERT_OK_AND_ASSIGN(const Bytes signature, key.Sign(GetParam().scheme, AsBytes("message")));
  EXPECT_TRUE(key.public_key().Verify(GetParam().scheme, AsBytes("message"), signature));
  EXPECT_FALSE(key.public_key().Verify(GetParam().scheme, AsBytes("messagf"), signature));

  const Pkcs8 pkcs8 = key.ToPkcs8();
  const auto again = pkcs8.Reveal([](ByteView der) { return PrivateKey::FromPkcs8(der); });
  ASSERT_OK(again);
  EXPECT_EQ(again->public_key().spki(), key.public_key().spki());
  ASSERT_OK_AND_ASSIGN(const PublicKey pub, PublicKey::FromSpki(key.public_key().spki()));
  EXPECT_TRUE(pub.Verify(GetParam().scheme, AsBytes("message"), signature));
  EXPECT_EQ(pub.kind(), GetParam().kind);
}

TEST_P(EveryKind, IsEncodedAsOpenSslDoesIt) {
  ASSERT_OK_AND_ASSIGN(const PrivateKey made, PrivateKey::Generate(GetParam().kind, GetParam().rsa_bits));
  const Pkcs8 pkcs8 = made.ToPkcs8();
  // A key that was read is encoded by OpenSSL.
  ASSERT_OK_AND_ASSIGN(const PrivateKey read, pkcs8.Reveal([](ByteView der) { return PrivateKey::FromPkcs8(der); }));
  EXPECT_EQ(made.public_key().spki(), read.public_key().spki());
  const auto hex = [](const Pkcs8& key) { return key.Reveal([](ByteView der) { return HexEncode(der); }); };
  EXPECT_EQ(hex(pkcs8), hex(read.ToPkcs8()));
}

INSTANTIATE_TEST_SUITE_P(Kinds, EveryKind,
                         ::testing::Values(Case{KeyKind::kEcP224, 0, SignatureScheme::kEcdsaSha256},
                                           Case{KeyKind::kEcP256, 0, SignatureScheme::kEcdsaSha256},
                                           Case{KeyKind::kEcP384, 0, SignatureScheme::kEcdsaSha384},
                                           Case{KeyKind::kEcP521, 0, SignatureScheme::kEcdsaSha512},
                                           Case{KeyKind::kEd25519, 0, SignatureScheme::kEd25519},
                                           Case{KeyKind::kRsa, 2048, SignatureScheme::kRsaPkcs1Sha256},
                                           Case{KeyKind::kRsa, 2048, SignatureScheme::kRsaPssSha384}));

TEST(PrivateKey, RefusesBadRequests) {
  EXPECT_THAT(PrivateKey::Generate(KeyKind::kRsa, 1023), FailsWith("crypto.key.size"));
  EXPECT_THAT(PrivateKey::Generate(KeyKind::kRsa, 0), FailsWith("crypto.key.size"));
  EXPECT_THAT(PrivateKey::Generate(KeyKind::kOther), FailsWith("crypto.key.size"));
  EXPECT_THAT(PrivateKey::FromPkcs8(Bytes{1, 2, 3}), FailsWith("crypto.key.pkcs8"));
  ASSERT_OK_AND_ASSIGN(const PrivateKey key, PrivateKey::Generate(KeyKind::kEcP256));
  EXPECT_THAT(key.Sign(SignatureScheme::kRsaPkcs1Sha256, {}), FailsWith("crypto.key.scheme"));
  EXPECT_FALSE(key.public_key().Verify(SignatureScheme::kEd25519, {}, {}));
  Bytes trailing = key.ToPkcs8().Reveal([](ByteView b) { return ToBytes(b); });
  trailing.push_back(0);
  EXPECT_THAT(PrivateKey::FromPkcs8(trailing), FailsWith("crypto.key.pkcs8"));
}

TEST(PublicKey, RefusesMalformedSpki) {
  ASSERT_OK_AND_ASSIGN(const PrivateKey key, PrivateKey::Generate(KeyKind::kEcP256));
  const Bytes& spki = key.public_key().spki();
  for (std::size_t n = 0; n < spki.size(); ++n) {
    EXPECT_THAT(PublicKey::FromSpki(ByteView(spki).first(n)), FailsWith("crypto.key.spki")) << n;
  }
  EXPECT_THAT(PublicKey::FromEcPoint(KeyKind::kEcP256, Bytes(64, 1)), FailsWith("crypto.key.point"));
  EXPECT_THAT(PublicKey::FromEcPoint(KeyKind::kEcP256, Bytes(63, 1)), FailsWith("crypto.key.point"));
  EXPECT_OK(PublicKey::FromEcPoint(KeyKind::kEcP256, ByteView(spki).last(64)));
}

TEST(RsaOaep, RoundTripsAndRefuses) {
  ASSERT_OK_AND_ASSIGN(const PrivateKey key, PrivateKey::Generate(KeyKind::kRsa, 2048));
  ASSERT_OK_AND_ASSIGN(Bytes sealed, key.public_key().RsaOaepEncrypt(AsBytes("share")));
  EXPECT_EQ(sealed.size(), 256U);
  ASSERT_OK_AND_ASSIGN(const SecretBuffer opened, key.RsaOaepDecrypt(sealed));
  EXPECT_EQ(AsText(opened), "share");
  sealed[10] ^= 1;
  EXPECT_THAT(key.RsaOaepDecrypt(sealed), FailsWith("crypto.rsa.oaep"));
  EXPECT_THAT(key.public_key().RsaOaepEncrypt(Bytes(300)), FailsWith("crypto.rsa.oaep"));
  ASSERT_OK_AND_ASSIGN(const PrivateKey ec, PrivateKey::Generate(KeyKind::kEcP256));
  EXPECT_THAT(ec.public_key().RsaOaepEncrypt({}), FailsWith("crypto.rsa.oaep"));
}

TEST(Hash, FipsVectors) {
  EXPECT_EQ(HexEncode(Sha256(AsBytes("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(HexEncode(Sha256({AsBytes("a"), AsBytes("bc")})), HexEncode(Sha256(AsBytes("abc"))));
  EXPECT_EQ(HexEncode(Sha384(AsBytes("abc"))),
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7");
}

TEST(ConstantTime, Equality) {
  EXPECT_TRUE(ConstantTimeEqual(Bytes{1, 2}, Bytes{1, 2}));
  EXPECT_FALSE(ConstantTimeEqual(Bytes{1, 2}, Bytes{1, 3}));
  EXPECT_FALSE(ConstantTimeEqual(Bytes{1, 2}, Bytes{1}));
  EXPECT_TRUE(ConstantTimeEqual(Bytes{}, Bytes{}));
}

}  // namespace
}  // namespace steelie
