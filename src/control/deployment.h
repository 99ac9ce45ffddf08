#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "control/event.h"
#include "crypto/hash.h"
#include "gotemplate/template.h"
#include "manifest/model.h"
#include "manifest/roles.h"

namespace steelie::control {

/// One file or environment variable of a marble type: fixed bytes, or a template.
struct CompiledValue {
  std::string name;
  std::variant<Bytes, gotemplate::Template> content;
};

/// What a manifest fixes for a marble type, worked out once when the manifest is set.
struct CompiledMarble {
  const manifest::Marble* definition = nullptr;  // inside the deployment's manifest
  std::vector<CompiledValue> files;
  std::vector<CompiledValue> env;
};

/// A mistake in a file or an environment variable of a marble type.
struct ValueFault {
  std::string marble;
  bool is_file = false;
  std::string name;
  Error error;

  /// As the use cases report it: the message names marble and value.
  Error ToError() const;
};

/// Collects mistakes; the work that finds them ends with the last that is wanted.
struct ValueFaults {
  std::size_t wanted = 1;
  std::vector<ValueFault> found;

  bool full() const { return found.size() >= wanted; }
};

struct KnownUser {
  std::string name;
  manifest::Permissions permissions;
};

/// A manifest in force, ready for use: parsed, templates compiled, users indexed by their certificate. Immutable and
/// shared by all views of the state. What package updates change is not here but in State::packages.
class Deployment {
 public:
  /// From the bytes a user uploaded. Errors: kInvalidArgument, the reason of the first problem, all problems in the
  /// message; `template.parse` names marble, file or variable.
  static Result<std::shared_ptr<const Deployment>> Compile(Bytes raw, bool lenient);

  /// The same, but values with a mistake in them go to `faults` and are left out: for tools that report them all.
  static Result<std::shared_ptr<const Deployment>> CompileSome(Bytes raw, bool lenient, ValueFaults& faults);

  const Bytes& raw() const { return raw_; }
  bool lenient() const { return lenient_; }
  const std::string& fingerprint() const { return fingerprint_; }
  const manifest::Manifest& manifest() const { return manifest_; }
  /// Null if the type is not defined.
  const CompiledMarble* FindMarble(std::string_view type) const;
  const NameMap<CompiledMarble>& marbles() const { return marbles_; }
  /// The user with exactly this certificate, or null.
  const KnownUser* FindUser(const Sha256Digest& certificate_fingerprint) const;
  const std::map<Sha256Digest, KnownUser>& users() const { return users_; }
  bool HasGate(manifest::FeatureGate gate) const;

 private:
  Deployment() = default;

  Bytes raw_;
  bool lenient_ = false;
  std::string fingerprint_;
  manifest::Manifest manifest_;
  NameMap<CompiledMarble> marbles_;
  std::map<Sha256Digest, KnownUser> users_;
};

}  // namespace steelie::control
