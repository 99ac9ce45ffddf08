#pragma once

#include <cstdint>
#include <string_view>

#include "base/persistent_map.h"

namespace steelie::control {

/// Counters by name, as an immutable value (base/persistent_map.h).
class CounterMap {
 public:
  /// 0 for a name that was never set.
  std::uint64_t Get(std::string_view name) const {
    const std::uint64_t* value = values_.Find(name);
    return value == nullptr ? 0 : *value;
  }
  void Set(std::string_view name, std::uint64_t value) { values_.Set(name, value); }

  std::size_t size() const { return values_.size(); }
  /// All counters, in no particular order.
  template <typename Visit>
  void ForEach(const Visit& visit) const {
    values_.ForEach(visit);
  }

 private:
  PersistentMap<std::uint64_t> values_;
};

}  // namespace steelie::control
