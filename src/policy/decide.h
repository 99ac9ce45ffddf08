#pragma once

#include <string>
#include <vector>

#include "attest/claims.h"
#include "manifest/model.h"

namespace steelie::policy {

/// One rule that was looked at: its stable id, where in the manifest it stands, what was expected and what was seen.
struct Check {
  std::string rule;     // for instance `policy.sim.measurement`
  std::string pointer;  // JSON pointer into the manifest, empty if the rule comes from elsewhere
  std::string expected;
  std::string seen;
  bool pass = false;
};

/// A verdict with everything that led to it, passed rules included.
struct Decision {
  bool allowed = false;
  std::vector<Check> trace;

  /// Stable id of the first failed rule; empty if allowed.
  std::string reason() const;
  /// All failed rules in one line for a person: rule, where, expected, seen.
  std::string Summary() const;
};

/// What the decision depends on besides claims and package.
struct Context {
  /// The deployment runs in simulation mode: then no evidence at all is accepted for any package.
  bool simulation = false;
  /// What the evidence must be bound to: the TLS leaf certificate of the connection.
  attest::ReportData binding{};
};

/// May a program with these claims have a marble type of this package? Pure; every rule is evaluated, also after one
/// that failed, so that a refusal names all of its causes.
///
/// `package_name` is used for pointers only. Cites spec of the manifest: docs/manifest.md, "How a package is matched".
Decision Decide(const attest::Claims& claims, const manifest::Package& package, std::string_view package_name,
                const Context& context);

}  // namespace steelie::policy
