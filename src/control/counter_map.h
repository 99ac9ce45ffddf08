#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace steelie::control {

/// Counters by name, as an immutable value: a copy shares everything, Set copies only the path to one bucket. So a view
/// of the state costs nothing to keep while writers go on, whatever the number of counters.
class CounterMap {
 public:
  /// 0 for a name that was never set.
  std::uint64_t Get(std::string_view name) const {
    const Bucket* bucket = Find(Slot(name));
    if (bucket == nullptr) return 0;
    const auto at = bucket->find(name);
    return at == bucket->end() ? 0 : at->second;
  }

  void Set(std::string_view name, std::uint64_t value) {
    const std::size_t slot = Slot(name);
    auto top = top_ ? std::make_shared<Top>(*top_) : std::make_shared<Top>();
    std::shared_ptr<const Middle>& old_middle = (*top)[slot / kWidth];
    auto middle = old_middle ? std::make_shared<Middle>(*old_middle) : std::make_shared<Middle>();
    std::shared_ptr<const Bucket>& old_bucket = (*middle)[slot % kWidth];
    auto bucket = old_bucket ? std::make_shared<Bucket>(*old_bucket) : std::make_shared<Bucket>();
    bucket->insert_or_assign(std::string(name), value);
    old_bucket = std::move(bucket);
    old_middle = std::move(middle);
    top_ = std::move(top);
  }

  /// All counters, in no particular order.
  void ForEach(const std::function<void(const std::string&, std::uint64_t)>& visit) const {
    if (!top_) return;
    for (const auto& middle : *top_) {
      if (!middle) continue;
      for (const auto& bucket : *middle) {
        if (!bucket) continue;
        for (const auto& [name, value] : *bucket) visit(name, value);
      }
    }
  }

 private:
  static constexpr std::size_t kWidth = 32;
  using Bucket = std::map<std::string, std::uint64_t, std::less<>>;
  using Middle = std::array<std::shared_ptr<const Bucket>, kWidth>;
  using Top = std::array<std::shared_ptr<const Middle>, kWidth>;

  static std::size_t Slot(std::string_view name) { return std::hash<std::string_view>()(name) % (kWidth * kWidth); }

  const Bucket* Find(std::size_t slot) const {
    if (!top_ || !(*top_)[slot / kWidth]) return nullptr;
    return (*(*top_)[slot / kWidth])[slot % kWidth].get();
  }

  std::shared_ptr<const Top> top_;
};

}  // namespace steelie::control
