#include "crypto/openssl_util.h"

#include <openssl/crypto.h>
#include <openssl/err.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include "crypto/library_version.h"

namespace steelie {

std::string OpenSslVersion() { return OpenSSL_version(OPENSSL_FULL_VERSION_STRING); }

}  // namespace steelie

namespace steelie::openssl {

std::string DrainErrors() {
  std::string text;
  while (const unsigned long code = ERR_get_error()) {
    const char* reason = ERR_reason_error_string(code);
    if (!text.empty()) text += ", ";
    text += reason != nullptr ? reason : "error " + std::to_string(code);
  }
  return text;
}

Error QueueError(Code code, std::string reason, const std::string& what) {
  const std::string details = DrainErrors();
  return Error(code, std::move(reason), details.empty() ? what : what + " (" + details + ")");
}

void CheckOk(int result, const char* what) {
  if (result > 0) return;
  std::fprintf(stderr, "%s failed: %s\n", what, DrainErrors().c_str());
  std::abort();
}

}  // namespace steelie::openssl
