#pragma once

#include <string>
#include <utility>
#include <vector>

namespace steelie::attest {

/// One rule that was looked at on the way to a verdict: its stable id, where it is written down, what was expected and
/// what was seen. Texts are for people; none of them is ever a secret, but `seen` may quote hostile bytes in hex.
struct Check {
  std::string rule;      // `attest.dcap.qe.signature`, `policy.tdx.mrtd`: also the reason id of a refusal
  std::string pointer;   // JSON pointer into the manifest; empty for rules that no manifest can change
  std::string document;  // the document and section that asks for it; empty if the manifest alone does
  std::string expected;
  std::string seen;
  bool pass = false;
};

/// The rules of one verdict in the order in which they were looked at. Not thread-safe: one per verdict.
class Trace {
 public:
  /// Appends a rule and hands back whether it passed, so that a verifier can stop there.
  bool Add(Check check) {
    checks_.push_back(std::move(check));
    return checks_.back().pass;
  }
  const std::vector<Check>& checks() const { return checks_; }
  std::vector<Check> Take() && { return std::move(checks_); }

 private:
  std::vector<Check> checks_;
};

}  // namespace steelie::attest
