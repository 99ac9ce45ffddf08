#pragma once

#include <chrono>

#include "client/address.h"
#include "client/http.h"
#include "client/tls_identity.h"

namespace steelie::client {

/// HTTPS with HTTP/1.1, TLS 1.2 or 1.3, one connection per request, no proxies, no redirects.
///
/// Trust is exactly one root certificate, together with a check of host name or address against the subject alternative
/// names; or, explicitly, none. Hostile: everything that the server sends; answers above 64 MiB are refused.
///
/// Errors: kUnavailable `client.resolve`, `client.connect`, `client.http` (no valid HTTP answer), kDeadlineExceeded
/// `client.timeout`, kResourceExhausted `client.body_limit`, kUnauthenticated `client.tls` and, where the certificate
/// is the cause, `client.tls.untrusted`, `client.tls.host`, `client.tls.expired`.
class HttpsClient final : public HttpTransport {
 public:
  struct Options {
    std::optional<Certificate> root;  // absent: the server is not verified
    std::optional<TlsIdentity> identity;
    std::chrono::milliseconds timeout = std::chrono::seconds(120);  // of a whole request
  };

  HttpsClient(Address address, Options options) : address_(std::move(address)), options_(std::move(options)) {}

  std::string Origin() const override { return "https://" + address_.ToString(); }
  Result<HttpResponse> Send(const HttpRequest& request) override;

 private:
  Address address_;
  Options options_;
};

}  // namespace steelie::client
