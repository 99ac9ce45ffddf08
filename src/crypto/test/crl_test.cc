#include "crypto/crl.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "base/testing/result_matchers.h"
#include "crypto/der.h"
#include "crypto/testing/issue.h"

namespace steelie {
namespace {

using testing::CrlSpec;
using testing::FailsWith;
using testing::Issue;

constexpr CertificateTime kStart = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);
constexpr CertificateTime kEnd = kStart + std::chrono::days(30);

class Crl : public ::testing::Test {
 protected:
  PrivateKey key_ = *PrivateKey::Generate(KeyKind::kEcP256);
  CrlSpec spec_{.issuer = "Test CA", .this_update = kStart, .next_update = kEnd, .serials = {{0x12}, {0x80, 1}}};

  Certificate WithSerial(Bytes serial) const {
    return *Certificate::FromDer(Issue({.serial = std::move(serial),
                                        .issuer = "Test CA",
                                        .subject = "leaf",
                                        .not_before = kStart,
                                        .not_after = kEnd,
                                        .spki = key_.public_key().spki()},
                                       key_, SignatureScheme::kEcdsaSha256));
  }
  Result<RevocationList> Read() const {
    return RevocationList::FromDer(Issue(spec_, key_, SignatureScheme::kEcdsaSha256));
  }
};

TEST_F(Crl, SaysWhatItIs) {
  ASSERT_OK_AND_ASSIGN(const RevocationList list, Read());
  EXPECT_EQ(list.size(), 2U);
  EXPECT_EQ(list.ThisUpdate(), kStart);
  EXPECT_EQ(list.NextUpdate(), kEnd);
  EXPECT_EQ(list.IssuerDer(), testing::NameOf("Test CA"));
  EXPECT_EQ(list.IssuerCommonName(), "Test CA");
  EXPECT_TRUE(list.SignedBy(key_.public_key()));
  EXPECT_FALSE(list.SignedBy(PrivateKey::Generate(KeyKind::kEcP256)->public_key()));
}

TEST_F(Crl, FindsSerialNumbersOnly) {
  ASSERT_OK_AND_ASSIGN(const RevocationList list, Read());
  EXPECT_TRUE(list.Revokes(WithSerial({0x12})));
  EXPECT_TRUE(list.Revokes(WithSerial({0x80, 1})));
  EXPECT_FALSE(list.Revokes(WithSerial({0x13})));
  EXPECT_FALSE(list.Revokes(WithSerial({0})));
}

// Nobody has to list them in order, and looking one up must not change what was signed.
TEST_F(Crl, EntriesInAnyOrderKeepTheSignature) {
  spec_.serials = {{0x55}, {0x80, 1}, {0x12}, {0x33}};
  ASSERT_OK_AND_ASSIGN(const RevocationList list, Read());
  EXPECT_TRUE(list.SignedBy(key_.public_key()));
  for (const Bytes& serial : spec_.serials) EXPECT_TRUE(list.Revokes(WithSerial(serial)));
  EXPECT_FALSE(list.Revokes(WithSerial({0x13})));
  EXPECT_TRUE(list.SignedBy(key_.public_key()));
}

// The ones that vendors publish, some with entries out of order.
TEST_F(Crl, RecordedListsVerify) {
  const std::filesystem::path folder(std::getenv("ATTESTATION_VECTORS"));
  const auto read = [&](const char* name) { return *ReadFile(folder / "collateral" / name, RevocationList::kMaxSize); };
  const struct {
    const char* list;
    const char* issuer;
    std::size_t entries;
  } cases[] = {
      {"intel/sgx-00606a000000-2024-02-21-v2/pckcrl.der", "intel/intel_pck_platform_ca.pem", 44},
      {"intel/sgx-00a067110000-2023-11-21/pckcrl.der", "intel/intel_pck_processor_ca.pem", 0},
  };
  for (const auto& c : cases) {
    ASSERT_OK_AND_ASSIGN(const RevocationList list, RevocationList::FromDer(read(c.list)));
    ASSERT_OK_AND_ASSIGN(const Certificate issuer, Certificate::FromPem(AsText(read(c.issuer))));
    ASSERT_OK_AND_ASSIGN(const PublicKey key, issuer.SubjectPublicKey());
    EXPECT_EQ(list.size(), c.entries);
    EXPECT_EQ(list.IssuerDer(), issuer.SubjectDer());
    EXPECT_TRUE(list.SignedBy(key)) << c.list;
    EXPECT_FALSE(list.Revokes(issuer));
    EXPECT_TRUE(list.SignedBy(key)) << c.list;
  }
}

TEST_F(Crl, AnEmptyListRevokesNothing) {
  spec_.serials.clear();
  ASSERT_OK_AND_ASSIGN(const RevocationList list, Read());
  EXPECT_EQ(list.size(), 0U);
  EXPECT_FALSE(list.Revokes(WithSerial({0x12})));
}

TEST_F(Crl, RsaPssAsAmdSignsIt) {
  ASSERT_OK_AND_ASSIGN(const PrivateKey rsa, PrivateKey::Generate(KeyKind::kRsa, 2048));
  ASSERT_OK_AND_ASSIGN(const RevocationList list,
                       RevocationList::FromDer(Issue(spec_, rsa, SignatureScheme::kRsaPssSha384)));
  EXPECT_TRUE(list.SignedBy(rsa.public_key()));
  EXPECT_FALSE(list.SignedBy(key_.public_key()));
}

TEST_F(Crl, RefusesWhatIsNoWholeList) {
  EXPECT_THAT(RevocationList::FromDer({}), FailsWith("crypto.crl.parse"));
  Bytes der = Issue(spec_, key_, SignatureScheme::kEcdsaSha256);
  der.push_back(0);
  EXPECT_THAT(RevocationList::FromDer(der), FailsWith("crypto.crl.parse"));
  der.resize(der.size() - 2);
  EXPECT_THAT(RevocationList::FromDer(der), FailsWith("crypto.crl.parse"));
  EXPECT_THAT(RevocationList::FromDer(Bytes(RevocationList::kMaxSize + 1)), FailsWith("crypto.crl.size"));
}

TEST_F(Crl, RefusesListsThatMeanSomethingElse) {
  // A delta list, and one for part of the certificates (issuing distribution point).
  spec_.extensions = {testing::ExtensionOf("2.5.29.27", der::Integer(1))};
  EXPECT_THAT(Read(), FailsWith("crypto.crl.parse"));
  spec_.extensions = {testing::ExtensionOf("2.5.29.28", der::Sequence({}), true)};
  EXPECT_THAT(Read(), FailsWith("crypto.crl.parse"));
  spec_.extensions = {testing::ExtensionOf("2.5.29.20", der::Integer(7))};
  EXPECT_OK(Read());
}

}  // namespace
}  // namespace steelie
