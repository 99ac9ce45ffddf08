#include "crypto/x509.h"

#include <gtest/gtest.h>

#include "base/testing/result_matchers.h"
#include "crypto/der.h"
#include "crypto/pem.h"
#include "crypto/plain_request.h"

namespace steelie {
namespace {

using testing::FailsWith;

TEST(Csr, WhatIsCreatedVerifies) {
  for (const KeyKind kind : {KeyKind::kEcP256, KeyKind::kEcP384, KeyKind::kEd25519}) {
    ASSERT_OK_AND_ASSIGN(const PrivateKey key, PrivateKey::Generate(kind));
    ASSERT_OK_AND_ASSIGN(const Bytes der,
                         CertificateRequest::Create(key, {"a.example", "b"}, {{127, 0, 0, 1}, Bytes(16, 0)}));
    ASSERT_OK_AND_ASSIGN(const CertificateRequest csr, CertificateRequest::ParseAndVerify(der));
    EXPECT_EQ(csr.dns_names, (std::vector<std::string>{"a.example", "b"}));
    ASSERT_EQ(csr.ip_addresses.size(), 2U);
    EXPECT_EQ(FormatIp(csr.ip_addresses[0]), "127.0.0.1");
    EXPECT_TRUE(csr.subject.empty());
  }
}

// A request with a subject and names; `more` is one more attribute, or nothing.
Bytes RequestWithSubject(const PrivateKey& key, const Bytes& more) {
  const Bytes subject = der::Sequence({der::Element(
      der::kSet, der::Sequence({der::Oid("2.5.4.3"), der::Element(der::kUtf8String, AsBytes("M\xc3\xbcller"))}))});
  const Bytes names = der::Sequence({der::Element(der::ContextPrimitive(2), AsBytes("a.example")),
                                     der::Element(der::ContextPrimitive(7), Bytes{127, 0, 0, 1})});
  const Bytes extensions = der::Sequence({der::Sequence({der::Oid("2.5.29.17"), der::OctetString(names)})});
  const Bytes attribute = der::Sequence({der::Oid("1.2.840.113549.1.9.14"), der::Element(der::kSet, extensions)});
  const Bytes info = der::Sequence({der::Integer(0), subject, key.public_key().spki(),
                                    der::Element(der::ContextConstructed(0), der::Concat({attribute, more}))});
  return der::Sequence({info, der::Sequence({der::Oid("1.2.840.10045.4.3.2")}),
                        der::BitString(*key.Sign(SignatureScheme::kEcdsaSha256, info))});
}

// Usual requests take a short way, others are left to OpenSSL's parser: what is in them must not depend on it.
TEST(Csr, UsualAndUnusualFormsGiveTheSame) {
  const Bytes password =
      der::Sequence({der::Oid("1.2.840.113549.1.9.7"), der::Element(der::kSet, der::DirectoryString("x"))});
  for (const KeyKind kind : {KeyKind::kEcP256, KeyKind::kEcP384, KeyKind::kEcP521}) {
    ASSERT_OK_AND_ASSIGN(const PrivateKey key, PrivateKey::Generate(kind));
    for (const Bytes& more : {Bytes(), password}) {
      const Bytes der = RequestWithSubject(key, more);
      EXPECT_EQ(SplitPlainRequest(der).has_value(), more.empty() && kind != KeyKind::kEcP521);
      ASSERT_OK_AND_ASSIGN(const CertificateRequest csr, CertificateRequest::ParseAndVerify(der));
      ASSERT_EQ(csr.subject.size(), 1U);
      EXPECT_EQ(csr.subject[0].oid, "2.5.4.3");
      EXPECT_EQ(csr.subject[0].value, "M\xc3\xbcller");
      EXPECT_EQ(csr.dns_names, std::vector<std::string>{"a.example"});
      EXPECT_EQ(csr.ip_addresses, (std::vector<Bytes>{{127, 0, 0, 1}}));
    }
  }
}

TEST(Csr, NoBeginningOrDamageOfAUsualRequestIsSplitWrongly) {
  ASSERT_OK_AND_ASSIGN(const PrivateKey key, PrivateKey::Generate(KeyKind::kEcP256));
  const Bytes der = RequestWithSubject(key, {});
  for (std::size_t i = 0; i < der.size(); ++i) {
    EXPECT_FALSE(SplitPlainRequest(ByteView(der).first(i)).has_value()) << i;
    Bytes bad = der;
    for (const unsigned bit : {0x01U, 0x20U, 0x80U}) {
      bad[i] = static_cast<std::uint8_t>(der[i] ^ bit);
      EXPECT_FALSE(CertificateRequest::ParseAndVerify(bad).has_value()) << i;
    }
  }
  Bytes longer = der;
  longer.push_back(0);
  EXPECT_FALSE(SplitPlainRequest(longer).has_value());
}

TEST(Csr, RefusesEveryChangedByte) {
  ASSERT_OK_AND_ASSIGN(const PrivateKey key, PrivateKey::Generate(KeyKind::kEcP256));
  ASSERT_OK_AND_ASSIGN(const Bytes der, CertificateRequest::Create(key, {"a.example"}, {}));
  for (std::size_t i = 0; i < der.size(); ++i) {
    Bytes bad = der;
    bad[i] ^= 1;
    EXPECT_FALSE(CertificateRequest::ParseAndVerify(bad).has_value()) << i;
    EXPECT_THAT(CertificateRequest::ParseAndVerify(ByteView(der).first(i)), FailsWith("crypto.csr.parse")) << i;
  }
  Bytes bad = der;
  bad.back() ^= 1;
  EXPECT_THAT(CertificateRequest::ParseAndVerify(bad), FailsWith("crypto.csr.signature"));
  EXPECT_THAT(CertificateRequest::ParseAndVerify(Bytes(70000)), FailsWith("crypto.csr.size"));
}

TEST(CertificateFromDer, RefusesGarbage) {
  EXPECT_THAT(Certificate::FromDer({}), FailsWith("crypto.x509.parse"));
  EXPECT_THAT(Certificate::FromDer(Bytes(100, 0x30)), FailsWith("crypto.x509.parse"));
  EXPECT_THAT(Certificate::FromPem("no block"), FailsWith("crypto.x509.pem"));
}

TEST(Pem, RoundTripsAtEveryLength) {
  for (std::size_t n = 1; n < 150; ++n) {
    const Bytes data(n, static_cast<std::uint8_t>(n));
    const std::string text = PemEncode("X Y", data);
    const auto blocks = PemDecode("noise\n" + text + "noise");
    ASSERT_EQ(blocks.size(), 1U) << n;
    EXPECT_EQ(blocks[0].label, "X Y");
    EXPECT_TRUE(PublicEqual(blocks[0].bytes, data)) << n;
    EXPECT_EQ(AsText(PemEncodeSecret("X Y", data)), text);
  }
}

TEST(Pem, LinesHave64Characters) {
  EXPECT_EQ(PemEncode("L", Bytes(49, 0)), "-----BEGIN L-----\n" + std::string(64, 'A') + "\nAA==\n-----END L-----\n");
}

TEST(Pem, SkipsHeadersAndBadBlocks) {
  const std::string bad = "-----BEGIN A-----\n!!!!\n-----END A-----\n";
  const std::string headers = "-----BEGIN B-----\nProc-Type: 4,ENCRYPTED\n\nAQID\n-----END B-----\n";
  const auto blocks = PemDecode(bad + headers);
  ASSERT_EQ(blocks.size(), 1U);
  EXPECT_EQ(blocks[0].label, "B");
  EXPECT_TRUE(PublicEqual(blocks[0].bytes, Bytes{1, 2, 3}));
  EXPECT_TRUE(PemDecode("-----BEGIN A-----\nAQID\n-----END B-----\n").empty());
  EXPECT_TRUE(PemDecode("-----BEGIN A-----").empty());
}

TEST(Der, EncodesPrimitives) {
  EXPECT_EQ(HexEncode(der::Integer(0)), "020100");
  EXPECT_EQ(HexEncode(der::Integer(128)), "02020080");
  EXPECT_EQ(HexEncode(der::NamedBits(0x21)), "03020284");  // digitalSignature and keyCertSign
  EXPECT_EQ(HexEncode(der::NamedBits(0x100)), "0303070080");
  EXPECT_EQ(HexEncode(der::Oid("1.3.9903.2.1")), "06052bcd2f0201");
  EXPECT_EQ(HexEncode(der::Time(CertificateTime(std::chrono::seconds(0)))), "170d3730303130313030303030305a");
  EXPECT_EQ(der::Element(4, Bytes(200)).size(), 203U);
  EXPECT_THAT(der::ParseOid("1"), FailsWith("der.oid"));
  EXPECT_THAT(der::ParseOid("1.40"), FailsWith("der.oid"));
  EXPECT_THAT(der::ParseOid("1..2"), FailsWith("der.oid"));
}

TEST(Ip, ParsesAndFormats) {
  EXPECT_EQ(ParseIp("10.1.2.3"), (Bytes{10, 1, 2, 3}));
  EXPECT_EQ(FormatIp(*ParseIp("::1")), "::1");
  EXPECT_FALSE(ParseIp("localhost").has_value());
  EXPECT_EQ(FormatIp(Bytes{1, 2, 3}), "");
}

}  // namespace
}  // namespace steelie
