#include "client/hints.h"

#include "client/coordinator_client.h"

namespace steelie::client {
namespace {

bool Mentions(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::uint64_t StateOf(HttpTransport& transport) {
  const Result<CoordinatorStatus> status = CoordinatorClient(transport).GetStatus();
  return status ? status->code : 0;
}

// Empty if the Coordinator has its manifest, or its state is unknown.
std::string NoManifestHint(std::uint64_t state) {
  if (state == kStateRecovery) {
    return ". The Coordinator is in recovery: 'steelie recover' gives it a recovery secret";
  }
  if (state == kStateAcceptingManifest) {
    return ". The Coordinator has no manifest yet: 'steelie manifest set' gives it one";
  }
  return {};
}

std::string StateHint(std::uint64_t state, const HttpRequest& request) {
  if (state != kStateAcceptingMarbles) return NoManifestHint(state);
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
  // The hints below may ask for the status: one that is refused, too, is not asked for again.
  if (Mentions(request.target, "/status")) return {};
  // Other Coordinators answer 500 here.
  if (Mentions(message, "not in expected state")) return StateHint(StateOf(transport), request);
  // Without a manifest there are no users, and nothing of a manifest is found: that is the cause then.
  if (status == 401 || status == 404) {
    if (std::string hint = NoManifestHint(StateOf(transport)); !hint.empty()) return hint;
  }
  if (Mentions(message, "ephemeral secret key not set") || Mentions(message, "this Coordinator's ephemeral key")) {
    return ". The Coordinator's key changes with every start: fetch it again with 'steelie recover-with-signature "
           "public-key' and encrypt the secret to it";
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
