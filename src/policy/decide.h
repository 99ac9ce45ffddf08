#pragma once

#include <string>
#include <vector>

#include "attest/check.h"
#include "attest/claims.h"
#include "manifest/model.h"

namespace steelie::policy {

using attest::Check;

/// One edit of the manifest, as an operation of JSON Patch (RFC 6902): always `add`, which also replaces.
struct Remedy {
  std::string pointer;
  std::string value;        // JSON
  std::string change;       // in words
  std::string also_admits;  // what else would be admitted that is not now
};

/// A verdict with everything that led to it, passed rules included.
struct Decision {
  bool allowed = false;
  /// Rules of the reference set that admits, or of the one that comes closest: with the fewest failed rules, the
  /// package itself before its alternatives.
  std::vector<Check> trace;
  /// Failed rules of the other sets, one list for each that was looked at. Empty if allowed.
  std::vector<std::vector<Check>> others;
  /// If refused for something that no manifest can change: what.
  std::string hopeless;

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

/// The same without binding and simulation, for claims on record and for evidence at rest.
Decision DecideOnClaims(const attest::Claims& claims, const manifest::Package& package, std::string_view package_name);

/// If the package does not admit these claims: the smallest change of the manifest that would, all of its edits
/// together. Takes longer than the decision itself: only for those who read it.
std::vector<Remedy> RemediesFor(const attest::Claims& claims, const manifest::Package& package,
                                std::string_view package_name);

}  // namespace steelie::policy
