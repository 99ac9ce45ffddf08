#include "client/hints.h"

#include "client/coordinator_client.h"

namespace steelie::client {
namespace {

// States of a Coordinator, as its status says them.
constexpr std::uint64_t kRecovery = 1;
constexpr std::uint64_t kAcceptingManifest = 2;
constexpr std::uint64_t kAcceptingMarbles = 3;

bool Mentions(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::string StateHint(HttpTransport& transport, const HttpRequest& request) {
  const Result<CoordinatorStatus> status = CoordinatorClient(transport).GetStatus();
  if (!status) return {};
  if (status->code == kRecovery)
    return ". The Coordinator is in recovery: 'steelie recover' gives it a recovery secret";
  if (status->code == kAcceptingManifest) {
    return ". The Coordinator has no manifest yet: 'steelie manifest set' gives it one";
  }
  if (status->code != kAcceptingMarbles) return {};
  if (Mentions(request.target, "/recover")) return ". The Coordinator is not in recovery, there is nothing to recover";
  return ". The Coordinator has a manifest already: 'steelie manifest update apply' changes it";
}

std::string MissingHint(const HttpRequest& request) {
  if (Mentions(request.target, "/update-manifest") || Mentions(request.target, "/update-cancel")) {
    return ". 'steelie manifest update apply' proposes an update";
  }
  if (Mentions(request.target, "/manifest")) return ". 'steelie manifest set' gives the Coordinator a manifest";
  return {};
}

}  // namespace

std::string RefusalHint(HttpTransport& transport, const HttpRequest& request, unsigned status,
                        const std::string& message) {
  // Other Coordinators answer 500 here.
  if (Mentions(message, "not in expected state") && !Mentions(request.target, "/status")) {
    return StateHint(transport, request);
  }
  switch (status) {
    case 401:
      return ". The manifest in force must name a user with exactly the certificate of --cert";
    case 403:
      return ". What users may do is said by their roles in the manifest, see 'steelie manifest get'";
    case 404:
      return MissingHint(request);
    case 409:
      if (!Mentions(message, "already in progress")) return {};
      return ". 'steelie manifest update get' shows it, 'acknowledge' agrees to it, 'cancel' drops it";
    default:
      return {};
  }
}

}  // namespace steelie::client
