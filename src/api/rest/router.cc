#include "api/rest/router.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "api/rest/envelope.h"
#include "api/rest/handlers.h"
#include "api/rest/json_body.h"

namespace steelie::api::rest {
namespace {

using nlohmann::json;

constexpr std::size_t kSmallBody = std::size_t{1} << 20U;
constexpr std::size_t kManifest = std::size_t{32} << 20U;
constexpr std::size_t kManifestInJson = kManifest / 3 * 4 + 4096;

struct Route {
  std::string_view path;
  Handler get;
  Handler post;
  std::size_t body_limit = kSmallBody;
  std::string_view successor = {};  // of a deprecated path
};

// Every path of the API. Null: the method is not allowed.
constexpr std::array kRoutes = {
    Route{"/api/v2/manifest", GetManifestV2, SetManifestV2, kManifestInJson},
    Route{"/api/v2/monotonic-counter", nullptr, SetCounterV2},
    Route{"/api/v2/quote", GetQuoteV2, nullptr},
    Route{"/api/v2/recover", nullptr, RecoverV2},
    Route{"/api/v2/recover/public-key", GetRecoveryPublicKey, nullptr},
    Route{"/api/v2/secrets", GetSecretsV2, SetSecretsV2},
    Route{"/api/v2/sign-quote", nullptr, SignQuoteV2},
    Route{"/api/v2/status", GetStatusV2, nullptr},
    Route{"/api/v2/update", GetUpdateLogV2, SubmitUpdateV2, kManifestInJson},
    Route{"/api/v2/update-cancel", nullptr, CancelUpdateV2},
    Route{"/api/v2/update-manifest", GetPendingUpdate, AcknowledgeUpdateV2, kManifestInJson},
    Route{"/manifest", GetManifestV1, SetManifestV1, kManifest, "manifest"},
    Route{"/quote", GetQuoteV1, nullptr, kSmallBody, "quote"},
    Route{"/recover", nullptr, RecoverV1, kSmallBody, "recover"},
    Route{"/secrets", GetSecretsV1, SetSecretsV1, kSmallBody, "secrets"},
    Route{"/status", GetStatusV1, nullptr, kSmallBody, "status"},
    Route{"/update", GetUpdateLogV1, SubmitUpdateV1, kManifest, "update"},
    Route{"/update-cancel", nullptr, CancelUpdateV1},
    Route{"/update-manifest", GetPendingUpdate, AcknowledgeUpdateV1, kManifest},
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

std::size_t Router::BodyLimit(std::string_view target) {
  const Route* route = FindRoute(target);
  return route == nullptr ? kSmallBody : route->body_limit;
}

std::size_t Router::BodyLimit(std::string_view target, const control::Caller& caller) const {
  const std::size_t limit = BodyLimit(target);
  if (limit <= kSmallBody || coordinator_.RequireUser(caller)) return limit;
  const std::string_view path = PathOf(target);
  const bool sets = path == "/manifest" || path == "/api/v2/manifest";
  return sets && coordinator_.phase() != control::Phase::kAcceptingMarbles ? limit : kSmallBody;
}

std::string_view Router::KnownPath(std::string_view target) {
  const Route* route = FindRoute(target);
  return route == nullptr ? std::string_view() : route->path;
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
  if (!route->successor.empty()) {
    logger_.Info("Usage of deprecated API endpoint. Consider using /api/v2/" + std::string(route->successor) +
                 " instead");
  }
  return handler(coordinator_, request);
}

}  // namespace steelie::api::rest
