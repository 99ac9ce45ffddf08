#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "manifest/model.h"

namespace steelie::manifest {

/// Some bits of a 64-bit register: those of the mask must be as in `value`.
struct MaskedBits {
  std::uint64_t value = 0;
  std::uint64_t mask = ~std::uint64_t{0};

  bool operator==(const MaskedBits&) const = default;
};

/// A register as evidence has it: hex of 8 bytes, little endian.
std::string RegisterHex(std::uint64_t value);

/// One thing that a reference set demands of evidence, in a form that is compared, explained and rehearsed without
/// knowing what it means. Everything that judges packages (policy, diff, plan) starts from these.
struct Demand {
  enum class Kind {
    kEqual,    // the one text, or any
    kMinimum,  // a number that is at least `number`
    kMaximum,  // a number that is at most `number`
    kOneOf,    // each of the seen texts is in `one_of`
    kBits,     // a 64-bit register whose masked bits are those
  };

  Kind kind = Kind::kEqual;
  /// Where it stands in the reference set: `Debug`, `TDX/MRTD`, `SNP/MinimumTCB/Milan/SNP`. Unique within a kind of
  /// set, and what policy knows the claim by.
  std::string member;
  /// Last part of the rule's id: `unique_id` makes `policy.sgx.unique_id`.
  std::string rule;
  std::optional<std::string> equal;             // kEqual; nothing: any value. Hex is lower case
  std::uint64_t number = 0;                     // kMinimum, kMaximum
  std::optional<std::set<std::string>> one_of;  // kOneOf; nothing: all
  std::optional<MaskedBits> bits;               // kBits; nothing: any

  /// Whether any value would do.
  bool open() const;
  /// `at least 3`, `any`, the value: for people.
  std::string Expected() const;

  bool operator==(const Demand&) const = default;
};

/// The demands of a set, in a fixed order per kind: open ones are among them, so that two sets of one kind can be
/// compared pairwise but for `SNP/MinimumTCB`, which has entries for the products listed.
std::vector<Demand> DemandsOf(const ReferenceSet& set);

}  // namespace steelie::manifest
