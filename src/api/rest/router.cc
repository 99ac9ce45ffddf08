#include "api/rest/router.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "api/rest/envelope.h"
#include "api/rest/handlers.h"
#include "api/rest/json_body.h"
#include "api/rest/memory_budget.h"

namespace steelie::api::rest {
namespace {

using nlohmann::json;

constexpr std::size_t kSmallBody = MemoryBudget::kLarge;
constexpr std::size_t kManifest = std::size_t{32} << 20U;
constexpr std::size_t kManifestInJson = kManifest / 3 * 4 + 4096;

/// Decides on a large body without it. What it refuses the use case would refuse, too.
using Gate = Status (*)(const control::Coordinator&, const control::Caller&);

Status MaySetManifest(const control::Coordinator& coordinator, const control::Caller&) {
  return coordinator.RequireManifestSettable();
}
Status MayUpdate(const control::Coordinator& coordinator, const control::Caller& caller) {
  return coordinator.RequireUpdater(caller);
}
Status MayAcknowledge(const control::Coordinator& coordinator, const control::Caller& caller) {
  return coordinator.RequireAcknowledger(caller);
}

/// A body above the small limit.
struct LargeBody {
  std::size_t limit = kSmallBody;
  Gate gate = nullptr;  // never null if the limit is larger
  int v1_status = 400;  // of a refusal
};

struct Route {
  std::string_view path;
  Handler get;
  Handler post;
  LargeBody large = {};
  std::string_view successor = {};  // of a deprecated path
  bool answers_manifest = false;    // to GET
};

// Every path of the API. Null: the method is not allowed.
constexpr std::array kRoutes = {
    Route{"/api/v2/manifest", GetManifestV2, SetManifestV2, {kManifestInJson, MaySetManifest}, {}, true},
    Route{"/api/v2/monotonic-counter", nullptr, SetCounterV2},
    Route{"/api/v2/openapi.json", GetDescription, nullptr},
    Route{"/api/v2/plan", nullptr, PlanUpdateV2, {kManifestInJson, MayUpdate}},
    Route{"/api/v2/quote", GetQuoteV2, nullptr},
    Route{"/api/v2/recover", nullptr, RecoverV2},
    Route{"/api/v2/recover/drill", GetRecoveryDrill, ProveRecovery},
    Route{"/api/v2/recover/public-key", GetRecoveryPublicKey, nullptr},
    Route{"/api/v2/secrets", GetSecretsV2, SetSecretsV2},
    Route{"/api/v2/sign-quote", nullptr, SignQuoteV2},
    Route{"/api/v2/status", GetStatusV2, nullptr},
    Route{"/api/v2/time-floor", GetTimeFloor, LowerTimeFloor},
    Route{"/api/v2/update", GetUpdateLogV2, SubmitUpdateV2, {kManifestInJson, MayUpdate}},
    Route{"/api/v2/update-cancel", nullptr, CancelUpdateV2},
    Route{
        "/api/v2/update-manifest", GetPendingUpdate, AcknowledgeUpdateV2, {kManifestInJson, MayAcknowledge}, {}, true},
    Route{"/manifest", GetManifestV1, SetManifestV1, {kManifest, MaySetManifest}, "manifest", true},
    Route{"/quote", GetQuoteV1, nullptr, {}, "quote"},
    Route{"/recover", nullptr, RecoverV1, {}, "recover"},
    Route{"/secrets", GetSecretsV1, SetSecretsV1, {}, "secrets"},
    Route{"/status", GetStatusV1, nullptr, {}, "status"},
    Route{"/update", GetUpdateLogV1, SubmitUpdateV1, {kManifest, MayUpdate}, "update"},
    Route{"/update-cancel", nullptr, CancelUpdateV1},
    Route{"/update-manifest", GetPendingUpdate, AcknowledgeUpdateV1, {kManifest, MayAcknowledge, 500}, {}, true},
};

std::string_view PathOf(std::string_view target) { return target.substr(0, target.find('?')); }

const Route* FindRoute(std::string_view target) {
  const auto at = std::ranges::find(kRoutes, PathOf(target), &Route::path);
  return at == kRoutes.end() ? nullptr : &*at;
}

std::string AllowedMethods(const Route& route) {
  std::string out;
  if (route.get != nullptr) out = "GET";
  if (route.post != nullptr) out += out.empty() ? "POST" : ", POST";
  return out;
}

// Path without empty, `.` and `..` segments; a trailing slash stays.
std::string CleanPath(std::string_view path) {
  std::vector<std::string_view> kept;
  std::size_t at = 0;
  while (at < path.size()) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view segment = path.substr(at, end - at);
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (!segment.empty() && segment != ".") {
      kept.push_back(segment);
    }
    at = end + 1;
  }
  std::string out;
  for (const std::string_view segment : kept) out += "/" + std::string(segment);
  if (out.empty() || (path.ends_with('/') && !kept.empty())) out += "/";
  return out;
}

}  // namespace

Admission Router::Admit(const RequestHead& head) const {
  Admission out;
  out.body_limit = kSmallBody;
  out.known_user = coordinator_.RequireUser(head.caller).has_value();
  const Route* route = FindRoute(head.target);
  if (route == nullptr) return out;
  if (head.method == "GET" && route->answers_manifest) out.answer_bytes = coordinator_.ManifestBytes() / 3 * 4;
  if (head.method != "POST" || head.body_size <= kSmallBody || route->large.gate == nullptr) return out;
  if (const Status admitted = route->large.gate(coordinator_, head.caller); admitted) {
    out.body_limit = route->large.limit;
  } else {
    const bool v2 = route->path.starts_with("/api/v2/");
    const int v1_status = admitted.error().code() == Code::kNotFound ? 404 : route->large.v1_status;
    out.refusal = v2 ? ErrorV2(admitted.error()) : ErrorV1(admitted.error(), v1_status);
  }
  return out;
}

std::string_view Router::KnownPath(std::string_view target) {
  const Route* route = FindRoute(target);
  return route == nullptr ? std::string_view() : route->path;
}

std::vector<Router::Endpoint> Router::Endpoints() {
  std::vector<Endpoint> out;
  for (const Route& route : kRoutes) {
    if (route.get != nullptr) out.push_back({"GET", route.path, 0});
    if (route.post != nullptr) out.push_back({"POST", route.path, route.large.limit});
  }
  return out;
}

Response Router::Handle(const Request& request) const {
  const std::string_view path = PathOf(request.target);
  if (const std::string clean = CleanPath(path); clean != path && path.starts_with('/')) {
    Response redirect;
    redirect.status = 307;
    redirect.content_type = "text/html; charset=utf-8";
    redirect.headers.emplace_back("Location", clean + request.target.substr(path.size()));
    return redirect;
  }
  const Route* route = FindRoute(request.target);
  if (route == nullptr) return MethodNotAllowed("");
  const Handler handler = request.method == "GET" ? route->get : request.method == "POST" ? route->post : nullptr;
  if (handler == nullptr) return MethodNotAllowed(AllowedMethods(*route));
  if (!route->successor.empty() && deprecated_.Take(std::chrono::steady_clock::now())) {
    logger_.Info("Usage of deprecated API endpoint. Consider using /api/v2/" + std::string(route->successor) +
                 " instead");
  }
  Response response = handler(coordinator_, request);
  log_.Finished(request.method, route->path, response, std::chrono::steady_clock::now());
  return response;
}

void Router::Unhandled(std::string_view method, std::string_view target, const Response& response) const {
  log_.Finished(method, KnownPath(target), response, std::chrono::steady_clock::now());
}

}  // namespace steelie::api::rest
