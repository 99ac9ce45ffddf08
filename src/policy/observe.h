#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attest/claims.h"
#include "manifest/demands.h"

namespace steelie::policy {

/// What evidence says about the subject of a demand.
struct Observed {
  std::string text;               // for kEqual, and for people
  std::uint64_t number = 0;       // for kMinimum, kMaximum, kBits
  std::vector<std::string> list;  // for kOneOf: each must be listed
  /// Where the vendor specifies the claim.
  std::string_view document;
};

/// Whether the demand is about these claims at all: a minimum TCB is about one product, and the advisories of SGX count
/// in one status only.
bool Applies(const attest::Claims& claims, const manifest::Demand& demand);

/// The claim that a demand is about. Nothing for claims of another kind: then the demand is not met.
std::optional<Observed> Observe(const attest::Claims& claims, const manifest::Demand& demand);

/// Whether what was seen satisfies the demand.
bool Satisfies(const Observed& seen, const manifest::Demand& demand);

}  // namespace steelie::policy
