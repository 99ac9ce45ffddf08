#pragma once

#include <functional>
#include <optional>

#include "base/clock.h"
#include "base/log.h"
#include "marble/grpc_client.h"
#include "marble/parameters.h"
#include "marble/settings.h"
#include "platform/platform.h"

namespace steelie::marble {

struct ActivationOptions {
  Settings settings;
  /// P-256 or P-384.
  KeyKind key = KeyKind::kEcP256;
  /// Issues the evidence; without one, or if it fails, the marble sends none and thereby asks for simulation mode.
  const platform::Platform* platform = nullptr;
  /// The Coordinator's root certificate, if the marble is told by whom it wants to be activated.
  std::optional<Certificate> coordinator_root;
  CallOptions call;
  /// How long to try again while the Coordinator cannot be reached.
  std::chrono::seconds retry{0};
};

/// What the sequence takes from outside. `call` and `wait` have real defaults.
struct ActivationSeams {
  Random& random;
  const Clock& clock;
  Logger& log;
  std::function<Result<CallResult>(const Endpoint&, const MarbleIdentity&, ByteView message, const CallOptions&)> call;
  std::function<void(std::chrono::milliseconds)> wait;
};
ActivationSeams RealSeams(Random& random, const Clock& clock, Logger& log);

struct Activation {
  Uuid uuid;
  Parameters parameters;
};

/// Joins the deployment: key, certificate, UUID file, certificate request, evidence, call. Applies nothing, but makes
/// the UUID file. The parameters have been checked: they can be applied, and come from the pinned Coordinator if one is
/// pinned.
///
/// Errors: those of the parts: `marble.address`, `marble.names`, `marble.uuid_file`, `activate.*`, `marble.pin`,
/// `marble.ttls`, `marble.apply.env`, `marble.apply.argv`.
Result<Activation> Activate(const ActivationOptions& options, const ActivationSeams& seams);

}  // namespace steelie::marble
