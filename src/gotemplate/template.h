#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "secret/wipe.h"

namespace steelie::gotemplate {

/// Which encoder functions exist: files have pem, hex, base64, raw; environment variables have pem, hex, base64,
/// string.
enum class FunctionSet { kFile, kEnv };

/// What a template sees of one secret. The views must stay valid while a template executes.
struct SecretValue {
  std::string type;
  std::uint64_t size = 0;
  bool shared = false;
  bool user_defined = false;
  std::uint64_t valid_for = 0;
  ByteView cert;  // DER, empty = no certificate
  ByteView private_half;
  ByteView public_half;
};

/// The secrets below `.MarbleRun`, and the seal key that only the old root `.Marblerun` has.
enum class Reserved { kRootCa, kMarbleCert, kCoordinatorRoot, kCoordinatorIntermediate, kSealKey };

/// `.Secrets` or `.Previous.Secrets`.
enum class Generation { kCurrent, kPrevious };

/// The root value of an execution. Implementations make values on demand, so that a marble costs only what its
/// templates use. One execution calls from one thread.
class Data {
 public:
  virtual ~Data() = default;
  virtual const SecretValue& GetReserved(Reserved which) const = 0;
  /// Null if no such secret is defined. The pointer stays valid until the end of the execution.
  virtual const SecretValue* Find(Generation generation, std::string_view name) const = 0;
  /// All names in ascending byte order.
  virtual std::vector<std::string> Names(Generation generation) const = 0;
};

/// What a template may look at, found by reading it: an over-approximation, never less than an execution uses.
struct References {
  bool all_current = false;  // any of `.Secrets` may be used (ranged over, indexed by a computed key, ...)
  bool all_previous = false;
  std::set<std::string, std::less<>> current;
  std::set<std::string, std::less<>> previous;
  bool marble_cert = false;
  bool seal_key = false;
};

/// Bounds of one execution; whatever exceeds them is an error of the template, not of the process.
struct Limits {
  std::size_t max_output = std::size_t{4} << 20U;  // bytes, intermediate values included
  std::uint64_t max_steps = 2'000'000;             // nodes evaluated and elements visited
  std::size_t max_depth = 2'000;                   // nested template calls
};

/// A placeholder text, parsed once and executed many times: Go's text/template with the encoder functions.
///
/// Immutable and cheap to copy; const methods may run concurrently. Hostile input: the text (it is parsed with bounded
/// depth and size), and the fields of certificates.
class Template {
 public:
  /// Errors: kInvalidArgument, reason `template.parse`, message with line and what was expected.
  static Result<Template> Parse(ByteView text, FunctionSet functions);

  /// The output, complete or not at all. Errors: kInvalidArgument `template.exec` (a mistake in the template or its
  /// data), kResourceExhausted `template.limit`. Messages never contain secret values.
  Result<SecretBuffer> Execute(const Data& data, const Limits& limits = {}) const;

  const References& references() const;

 private:
  struct Impl;
  explicit Template(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

  std::shared_ptr<const Impl> impl_;
};

/// Replaces the placeholders of the earliest manifests (`$$root_ca`, `$$marble_cert`, `$$marble_key`, `$$seal_key`) in
/// the source text of a value by template actions of equal meaning: one pass from left to right, no delimiter needed
/// behind a token, anything else that begins with `$$` stays.
std::string ExpandLegacyTokens(std::string_view text);

}  // namespace steelie::gotemplate
