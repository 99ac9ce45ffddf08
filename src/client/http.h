#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/x509.h"
#include "secret/wipe.h"

namespace steelie::client {

enum class HttpMethod { kGet, kPost };

/// `GET`, `POST`.
inline std::string_view MethodName(HttpMethod method) { return method == HttpMethod::kGet ? "GET" : "POST"; }

struct HttpRequest {
  HttpMethod method = HttpMethod::kGet;
  std::string target;        // path and query
  std::string content_type;  // none if empty
  SecretBuffer body;
};

struct HttpResponse {
  unsigned status = 0;
  SecretBuffer body;
  /// The leaf certificate that the server presented.
  std::optional<Certificate> server;
};

/// Sends requests to one server. The seam at which tests put a fake Coordinator.
class HttpTransport {
 public:
  virtual ~HttpTransport() = default;

  /// `https://host:port`, for messages.
  virtual std::string Origin() const = 0;
  /// One request and its answer, whatever its status.
  virtual Result<HttpResponse> Send(const HttpRequest& request) = 0;
};

}  // namespace steelie::client
