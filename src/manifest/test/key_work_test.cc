#include "manifest/key_work.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "manifest/check.h"
#include "manifest/test/manifest_text.h"

namespace steelie::manifest {
namespace {

Outcome LoadWith(int count, const std::string& secret) {
  std::string secrets;
  for (int i = 0; i < count; ++i) {
    secrets += (secrets.empty() ? "" : ",") + std::string("\"s") + std::to_string(i) + "\":" + secret;
  }
  return Load(MarkedText("{$P, $M, \"Secrets\": {" + secrets + "}}").bytes());
}

std::string Rsa(int size, const char* more) {
  return R"({"Type":"cert-rsa","Size":)" + std::to_string(size) + more + "}";
}
constexpr const char* kShared = R"(,"Shared":true)";

std::vector<std::string> Reasons(const Outcome& outcome) {
  std::vector<std::string> out;
  for (const Problem& problem : outcome.errors) out.push_back(problem.reason);
  return out;
}

TEST(KeyWork, GrowsWithTheFourthPowerOfTheSize) {
  const auto rsa = [](std::uint64_t size) {
    Secret secret;
    secret.type = SecretType::kCertRsa;
    secret.size = size;
    return KeyWork(secret);
  };
  EXPECT_EQ(rsa(2048), kWorkOfRsa2048);
  EXPECT_EQ(rsa(4096), 16 * kWorkOfRsa2048);
  EXPECT_EQ(rsa(16384), 4096 * kWorkOfRsa2048);
  EXPECT_GT(rsa(3073), rsa(3072));
  EXPECT_GE(rsa(0), 1U);
  EXPECT_EQ(rsa(~std::uint64_t{0}), rsa(16384));
}

TEST(KeyWork, HonestManifestsPass) {
  EXPECT_THAT(Reasons(LoadWith(1, Rsa(16384, kShared))), ::testing::IsEmpty());
  EXPECT_THAT(Reasons(LoadWith(300, Rsa(4096, kShared))), ::testing::IsEmpty());
  EXPECT_THAT(Reasons(LoadWith(4000, Rsa(2048, kShared))), ::testing::IsEmpty());
  EXPECT_THAT(Reasons(LoadWith(4000, R"({"Type":"cert-ecdsa","Size":521,"Shared":true})")), ::testing::IsEmpty());
  // Those of one kind are made for each marble, and once to try the templates out.
  EXPECT_THAT(Reasons(LoadWith(1000, Rsa(16384, ""))), ::testing::IsEmpty());
  EXPECT_THAT(Reasons(LoadWith(1000, Rsa(16384, R"(,"UserDefined":true)"))), ::testing::IsEmpty());
  EXPECT_THAT(Reasons(LoadWith(4, R"({"Type":"symmetric-key","Size":8388608,"Shared":true})")), ::testing::IsEmpty());
}

TEST(KeyWork, SlowManifestsAreRefused) {
  const Outcome outcome = LoadWith(3, Rsa(16384, kShared));
  ASSERT_THAT(Reasons(outcome), ::testing::ElementsAre("manifest.secret.key_work"));
  EXPECT_EQ(outcome.errors.front().pointer, "/Secrets/s1/Size");
  EXPECT_THAT(outcome.errors.front().message, ::testing::HasSubstr("5000 RSA keys of 2048 bits"));
  EXPECT_THAT(Reasons(LoadWith(6000, Rsa(2048, kShared))), ::testing::ElementsAre("manifest.secret.key_work"));
}

TEST(KeyWork, EverySizeThatIsTriedOutCounts) {
  std::string secrets;
  for (int size = 16000; size < 16010; ++size) {
    secrets += (secrets.empty() ? "" : ",") + ("\"s" + std::to_string(size) + "\":") + Rsa(size, "");
  }
  const Outcome outcome = Load(MarkedText("{$P, $M, \"Secrets\": {" + secrets + "}}").bytes());
  EXPECT_THAT(Reasons(outcome), ::testing::ElementsAre("manifest.secret.key_work"));
}

TEST(KeyWork, SharedKeysHaveALimitTogether) {
  EXPECT_THAT(Reasons(LoadWith(5, R"({"Type":"symmetric-key","Size":8388608,"Shared":true})")),
              ::testing::ElementsAre("manifest.secret.total_size"));
}

}  // namespace
}  // namespace steelie::manifest
