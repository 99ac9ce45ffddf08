#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/sip_hash.h"

namespace steelie {

/// A map from text to values, as an immutable value: a copy shares everything and costs one pointer; Set copies only
/// the path to one entry, some hundred bytes, whatever the size. So a view of the state costs nothing to keep while
/// writers go on. A hash trie with 32-way nodes and small buckets at its ends; the hash is keyed,
/// so nobody can choose keys that fall into one bucket.
///
/// Copies may be used from different threads; one object as any value.
template <typename Value>
class PersistentMap {
 public:
  /// Null if there is none. Valid as long as this map, or any copy that has the entry unchanged.
  const Value* Find(std::string_view key) const {
    const std::uint64_t hash = Hash(key);
    const Node* node = root_.get();
    for (unsigned shift = 0; node != nullptr; shift += kBits) {
      if (node->bitmap == 0) {
        for (const EntryPtr& entry : node->bucket) {
          if (entry->first == key) return &entry->second;
        }
        return nullptr;
      }
      const std::uint32_t bit = Bit(hash, shift);
      if ((node->bitmap & bit) == 0) return nullptr;
      node = node->children[Rank(node->bitmap, bit)].get();
    }
    return nullptr;
  }

  void Set(std::string_view key, Value value) {
    bool added = false;
    auto entry = std::make_shared<const Entry>(std::string(key), std::move(value));
    root_ = Insert(root_.get(), std::move(entry), Hash(key), 0, added);
    if (added) ++size_;
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  /// All entries, in no particular order.
  template <typename Visit>
  void ForEach(const Visit& visit) const {
    if (root_) Walk(*root_, visit);
  }

 private:
  using Entry = std::pair<std::string, Value>;
  using EntryPtr = std::shared_ptr<const Entry>;
  struct Node;
  using NodePtr = std::shared_ptr<const Node>;
  // Either children, one for each bit of the bitmap, or a bucket of entries.
  struct Node {
    std::uint32_t bitmap = 0;
    std::vector<NodePtr> children;
    std::vector<EntryPtr> bucket;
  };

  static constexpr unsigned kBits = 5;
  static constexpr unsigned kHashBits = 60;
  static constexpr std::size_t kBucket = 4;

  static std::uint64_t Hash(std::string_view key) { return TableHash(key); }
  static std::uint32_t Bit(std::uint64_t hash, unsigned shift) { return 1U << ((hash >> shift) & 31U); }
  static std::size_t Rank(std::uint32_t bitmap, std::uint32_t bit) {
    return static_cast<std::size_t>(std::popcount(bitmap & (bit - 1U)));
  }

  static NodePtr Insert(const Node* node, EntryPtr entry, std::uint64_t hash, unsigned shift, bool& added) {
    if (node == nullptr) {
      added = true;
      auto leaf = std::make_shared<Node>();
      leaf->bucket.push_back(std::move(entry));
      return leaf;
    }
    auto copy = std::make_shared<Node>(*node);
    if (node->bitmap != 0) {
      InsertChild(*copy, std::move(entry), hash, shift, added);
      return copy;
    }
    for (EntryPtr& present : copy->bucket) {
      if (present->first != entry->first) continue;
      present = std::move(entry);
      return copy;
    }
    added = true;
    // Entries whose hashes are equal throughout stay in one bucket.
    if (copy->bucket.size() < kBucket || shift >= kHashBits) {
      copy->bucket.push_back(std::move(entry));
      return copy;
    }
    auto split = std::make_shared<Node>();
    bool ignored = false;
    for (const EntryPtr& present : copy->bucket) InsertChild(*split, present, Hash(present->first), shift, ignored);
    InsertChild(*split, std::move(entry), hash, shift, ignored);
    return split;
  }

  static void InsertChild(Node& node, EntryPtr entry, std::uint64_t hash, unsigned shift, bool& added) {
    const std::uint32_t bit = Bit(hash, shift);
    const std::size_t at = Rank(node.bitmap, bit);
    if ((node.bitmap & bit) == 0) {
      node.bitmap |= bit;
      node.children.insert(node.children.begin() + static_cast<std::ptrdiff_t>(at), nullptr);
    }
    NodePtr& child = node.children[at];
    child = Insert(child.get(), std::move(entry), hash, shift + kBits, added);
  }

  template <typename Visit>
  static void Walk(const Node& node, const Visit& visit) {
    for (const EntryPtr& entry : node.bucket) visit(entry->first, entry->second);
    for (const NodePtr& child : node.children) Walk(*child, visit);
  }

  NodePtr root_;
  std::size_t size_ = 0;
};

}  // namespace steelie
