#include "base/persistent_map.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace steelie {
namespace {

TEST(PersistentMap, BehavesLikeAMap) {
  std::mt19937_64 random(3);
  PersistentMap<int> map;
  std::map<std::string, int> model;
  for (int i = 0; i < 20000; ++i) {
    const std::string key = "key " + std::to_string(random() % 7000);
    map.Set(key, i);
    model[key] = i;
  }
  EXPECT_EQ(map.size(), model.size());
  for (const auto& [key, value] : model) {
    ASSERT_NE(map.Find(key), nullptr);
    EXPECT_EQ(*map.Find(key), value);
  }
  EXPECT_EQ(map.Find("key"), nullptr);
  EXPECT_EQ(map.Find("key 7000"), nullptr);
  std::map<std::string, int> seen;
  map.ForEach([&](const std::string& key, int value) { EXPECT_TRUE(seen.emplace(key, value).second); });
  EXPECT_EQ(seen, model);
}

TEST(PersistentMap, CopiesKeepWhatTheyHad) {
  PersistentMap<int> map;
  std::vector<PersistentMap<int>> copies;
  for (int i = 0; i < 500; ++i) {
    copies.push_back(map);
    map.Set(std::to_string(i % 100), i);
  }
  for (int i = 0; i < 500; ++i) {
    const auto& copy = copies[static_cast<std::size_t>(i)];
    EXPECT_EQ(copy.size(), static_cast<std::size_t>(std::min(i, 100)));
    EXPECT_EQ(copy.Find(std::to_string(i % 100)) != nullptr, i >= 100);
    if (i < 100) continue;
    EXPECT_EQ(*copy.Find(std::to_string(i % 100)), i - 100);
  }
}

TEST(PersistentMap, EmptyOnesHoldNothing) {
  const PersistentMap<int> map;
  EXPECT_TRUE(map.empty());
  EXPECT_EQ(map.Find(""), nullptr);
  map.ForEach([](const std::string&, int) { FAIL(); });
}

}  // namespace
}  // namespace steelie
