#include "marble/activation.h"

#include <poll.h>

#include "attest/claims.h"
#include "marble/apply.h"
#include "marble/identity.h"
#include "marble/pin.h"
#include "marble/ttls_policy.h"
#include "marble/uuid_file.h"

namespace steelie::marble {
namespace {

constexpr std::chrono::milliseconds kRetryPause{1000};

Bytes Evidence(const ActivationOptions& options, const Certificate& certificate, Logger& log) {
  Result<Bytes> evidence = Error(Code::kUnimplemented, "platform.no_evidence", "there is no TEE here");
  if (options.platform != nullptr) evidence = options.platform->IssueEvidence(attest::BindingTo(certificate.der()));
  if (evidence) return std::move(*evidence);
  log.Info("failed to get quote: " + evidence.error().message() + ". Proceeding in simulation mode");
  return {};
}

Result<CallResult> CallUntilReachable(const Endpoint& endpoint, const MarbleIdentity& identity, ByteView message,
                                      const ActivationOptions& options, const ActivationSeams& seams) {
  const Deadline last_try = std::chrono::steady_clock::now() + options.retry;
  bool told = false;
  while (true) {
    auto result = seams.call(endpoint, identity, message, options.call);
    if (result || result.error().reason() != "activate.unreachable") return result;
    if (std::chrono::steady_clock::now() + kRetryPause > last_try) return result;
    if (!told) seams.log.Info(result.error().message() + "; trying again");
    told = true;
    seams.wait(kRetryPause);
  }
}

Status LogTtls(const Parameters& parameters, Logger& log) {
  const ParameterValue* config = parameters.FindEnv("MARBLE_TTLS_CONFIG");
  if (config == nullptr) {
    log.Info("Not using TTLS");
    return Ok();
  }
  STEELIE_TRY(const auto lines, config->Reveal(DescribeTtls));
  for (const std::string& line : lines) log.Info(line);
  return Ok();
}

// What the Coordinator says does not tell which of its states it is in.
Error Explained(const Error& refused) {
  if (refused.code() != Code::kFailedPrecondition || refused.message().find("in current state") == std::string::npos) {
    return refused;
  }
  return Error(refused.code(), refused.reason(),
               refused.message() +
                   ". The Coordinator has no manifest yet, or is in recovery: 'steelie status' with the address of its "
                   "client API tells which");
}

}  // namespace

ActivationSeams RealSeams(Random& random, const Clock& clock, Logger& log) {
  return {random, clock, log,
          [](const Endpoint& endpoint, const MarbleIdentity& identity, ByteView message, const CallOptions& options) {
            return CallUnary(endpoint, identity, std::string(kActivatePath), message, options);
          },
          [](std::chrono::milliseconds pause) { ::poll(nullptr, 0, static_cast<int>(pause.count())); }};
}

Result<Activation> Activate(const ActivationOptions& options, const ActivationSeams& seams) {
  const Settings& settings = options.settings;
  Logger& log = seams.log;
  STEELIE_TRY(const Endpoint endpoint, Endpoint::Parse(settings.coordinator_address));
  STEELIE_TRY(const MarbleNames names, MarbleNames::FromList(settings.dns_names));

  log.Info("loading TLS Credentials");
  STEELIE_TRY(const MarbleIdentity identity,
              MarbleIdentity::Create(options.key, names, seams.random, seams.clock.Now()));

  log.Info("loading UUID");
  STEELIE_TRY(const StoredUuid stored, LoadOrCreateUuid(settings.uuid_file, seams.random));
  if (stored.created) {
    log.Info("UUID not found. Generating and storing a new UUID");
  } else {
    log.Info("found UUID: " + stored.uuid.ToString());
  }

  log.Info("generating CSR");
  ActivationRequest request;
  request.marble_type = settings.marble_type;
  request.uuid = stored.uuid;
  STEELIE_TRY(request.csr, CreateRequest(identity.key, names));

  log.Info("generating quote");
  request.evidence = Evidence(options, identity.certificate, log);

  log.Info("activating marble of type " + settings.marble_type);
  const Result<CallResult> response = CallUntilReachable(endpoint, identity, EncodeRequest(request), options, seams);
  if (!response) return Explained(response.error());
  STEELIE_TRY(Parameters parameters, DecodeParameters(response->message));

  if (options.coordinator_root) {
    STEELIE_CHECK_OK(CheckCoordinator(*options.coordinator_root, response->server, parameters));
  }
  STEELIE_CHECK_OK(CheckEnvironment(parameters.env));
  STEELIE_CHECK_OK(CheckArguments(parameters.argv));
  STEELIE_CHECK_OK(LogTtls(parameters, log));
  return Activation{stored.uuid, std::move(parameters)};
}

}  // namespace steelie::marble
