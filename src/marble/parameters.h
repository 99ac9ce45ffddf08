#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/uuid.h"
#include "secret/secret.h"

namespace steelie::marble {

struct ParameterTag;
/// What the Coordinator hands out under a name: content of a file, value of a variable.
using ParameterValue = Secret<ParameterTag>;

struct NamedSecret {
  std::string name;
  ParameterValue value;
};

/// What an activation yields, in the order of names; `argv` in the manifest's order, possibly empty.
struct Parameters {
  std::vector<NamedSecret> files;
  std::vector<NamedSecret> env;
  std::vector<std::string> argv;

  /// The variable of that name, or null.
  const ParameterValue* FindEnv(std::string_view name) const;
};

struct ActivationRequest {
  Bytes evidence;
  Bytes csr;
  std::string marble_type;
  Uuid uuid;
};

inline constexpr std::string_view kActivatePath = "/rpc.Marble/Activate";

/// The protobuf messages of the marble API (proto/marble.proto).
Bytes EncodeRequest(const ActivationRequest& request);
/// Hostile bytes. Errors: kInternal `activate.protocol`.
Result<Parameters> DecodeParameters(ByteView message);

}  // namespace steelie::marble
