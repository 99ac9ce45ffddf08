#include "secret/secret.h"

#include <gtest/gtest.h>

#include <concepts>
#include <sstream>

namespace steelie {
namespace {

struct TestTag;
using TestSecret = Secret<TestTag>;

template <typename T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };

static_assert(!std::copy_constructible<TestSecret>);
static_assert(!std::equality_comparable<TestSecret>);
static_assert(std::movable<TestSecret>);
static_assert(!Printable<TestSecret>);

TEST(Secret, RevealsAndClones) {
  const TestSecret secret(Bytes{1, 2, 3});
  const TestSecret copy = secret.Clone();
  EXPECT_EQ(copy.size(), 3U);
  EXPECT_EQ(copy.Reveal([](ByteView b) { return ToBytes(b); }), (Bytes{1, 2, 3}));
}

TEST(Secret, MovedFromIsEmpty) {
  TestSecret a(Bytes{1, 2, 3});
  TestSecret b = std::move(a);
  EXPECT_TRUE(a.empty());  // NOLINT: looking at the moved-from object is the point
  a = std::move(b);
  EXPECT_EQ(a.size(), 3U);
  EXPECT_TRUE(b.empty());  // NOLINT
}

TEST(WipingAllocator, WipesBeforeFreeing) {
  // The allocator's own deallocate is watched through memory that the test owns.
  std::array<std::uint8_t, 64> memory{};
  memory.fill(0xaa);
  Wipe(memory.data(), 32);
  for (std::size_t i = 0; i < memory.size(); ++i) EXPECT_EQ(memory[i], i < 32 ? 0 : 0xaa) << i;
}

}  // namespace
}  // namespace steelie
