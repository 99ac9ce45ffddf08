#include "secrets/derive.h"

#include <gtest/gtest.h>

#include <set>

#include "base/testing/result_matchers.h"
#include "base/testing/seeded_random.h"

namespace steelie::secrets {
namespace {

RootSecret Root() {
  Bytes bytes;
  for (std::uint8_t i = 0; i < 32; ++i) bytes.push_back(i);
  return RootSecret(ByteView(bytes));
}

Uuid Id() { return *Uuid::Parse("00112233-4455-4677-8899-aabbccddeeff"); }

std::string Hex(const DerivedKey& key) {
  return key.Reveal([](ByteView b) { return HexEncode(b); });
}

// The vectors of docs/formats/derivation.md, made with Python's hmac module.
TEST(Derive, PublishedVectors) {
  const auto key = [](std::string_view name, bool bind, std::size_t size) {
    return Hex(*DeriveMarbleKey(Root(), {Id(), "worker", bind}, name, size));
  };
  EXPECT_EQ(key("diskKey", true, 32), "0cc513059d15121b25516a7a2843bf9fc3e15cc8ae4243693104c877c2c42792");
  EXPECT_EQ(key("diskKey", true, 16), "0cc513059d15121b25516a7a2843bf9f");
  EXPECT_EQ(key("diskKey", false, 32), "449f3038cd1b4d481a43d58b0ba9ff3f2cbaab66c2a9e78a5c8dc6c924955322");
  EXPECT_EQ(
      key("otherKey", true, 64),
      "618978fe0e3a0bb89a4a87d7c594814e37b81029c00b41b256dcdd558d42bcea6a0dc8b692d3ae5ebb68b696f5405c2306020a543ff1"
      "e845b15a935315d9a420");
  EXPECT_EQ(Hex(DeriveSealKey(Root(), {Id(), "worker", true})),
            "9a70979cab0113228575bd20793a93c06c71c84a36105682c5622b9eb17b461b");
  EXPECT_EQ(Hex(DeriveSealKey(Root(), {Id(), "worker", false})),
            "cd4364356d23ce670f0b6b85570c8004dea695e4195707979ead59c79d024168");
}

// Promise: two principals never receive the same derived key unless the manifest says they share it. With plain
// concatenation the pairs below would collide.
TEST(Promise7, NoTwoPrincipalsShareADerivedKey) {
  const Uuid other = *Uuid::Parse("00112233-4455-4677-8899-aabbccddeef0");
  std::set<std::string> seen;
  std::size_t count = 0;
  for (const Uuid& id : {Id(), other}) {
    for (const std::string_view type : {"a", "ab", "abc", "", "worker"}) {
      for (const std::string_view name : {"bc", "c", "", "abc", "b"}) {
        seen.insert(Hex(*DeriveMarbleKey(Root(), {id, type, true}, name, 32)));
        ++count;
      }
      seen.insert(Hex(DeriveSealKey(Root(), {id, type, true})));
      ++count;
    }
    seen.insert(Hex(DeriveSealKey(Root(), {id, "a", false})));
    seen.insert(Hex(*DeriveMarbleKey(Root(), {id, "a", false}, "b", 32)));
    count += 2;
  }
  EXPECT_EQ(seen.size(), count);
}

TEST(Derive, DisabledBindingSharesAcrossTypesOnly) {
  EXPECT_EQ(Hex(DeriveSealKey(Root(), {Id(), "a", false})), Hex(DeriveSealKey(Root(), {Id(), "b", false})));
  EXPECT_EQ(Hex(*DeriveMarbleKey(Root(), {Id(), "a", false}, "k", 32)),
            Hex(*DeriveMarbleKey(Root(), {Id(), "b", false}, "k", 32)));
}

TEST(Derive, RefusesSizesThatCannotBeDerived) {
  EXPECT_THAT(DeriveMarbleKey(Root(), {Id(), "a", true}, "k", 0), testing::FailsWith("secrets.size"));
  EXPECT_THAT(DeriveMarbleKey(Root(), {Id(), "a", true}, "k", 8161), testing::FailsWith("secrets.size"));
  EXPECT_OK(DeriveMarbleKey(Root(), {Id(), "a", true}, "k", 8160));
}

TEST(RootSecret, IsRandomAndThirtyTwoBytes) {
  testing::InsecureSeededRandom random(3);
  const RootSecret a = GenerateRootSecret(random);
  const RootSecret b = GenerateRootSecret(random);
  EXPECT_EQ(a.size(), 32U);
  EXPECT_NE(a.Reveal([](ByteView x) { return HexEncode(x); }), b.Reveal([](ByteView x) { return HexEncode(x); }));
}

}  // namespace
}  // namespace steelie::secrets
