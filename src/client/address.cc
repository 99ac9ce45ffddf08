#include "client/address.h"

#include <algorithm>

#include "crypto/x509.h"

namespace steelie::client {
namespace {

Error Bad(std::string_view text, const std::string& why) {
  return Error(Code::kInvalidArgument, "client.address",
               "bad address \"" + std::string(text.substr(0, 100)) + "\": " + why + ", expected HOST:PORT");
}

bool IsHostCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

bool IsPort(std::string_view text) {
  if (text.empty() || text.size() > 5) return false;
  unsigned value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value > 0 && value < 65536;
}

}  // namespace

std::string Address::ToString() const {
  return host.find(':') == std::string::npos ? host + ":" + port : "[" + host + "]:" + port;
}

Result<Address> ParseAddress(std::string_view text) {
  if (text.find("://") != std::string_view::npos) return Bad(text, "it has a scheme");
  if (text.find('/') != std::string_view::npos) return Bad(text, "it has a path");
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || text.ends_with(']')) return Bad(text, "the port is missing");
  const std::string_view port = text.substr(colon + 1);
  std::string_view host = text.substr(0, colon);
  if (!IsPort(port)) return Bad(text, "the port is not a number from 1 to 65535");
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    const auto ip = ParseIp(std::string(host));
    if (!ip || ip->size() != 16) return Bad(text, "there is no IPv6 address in the brackets");
  } else if (host.empty()) {
    return Bad(text, "the host is missing");
  } else if (!std::ranges::all_of(host, IsHostCharacter)) {
    return Bad(text, "the host is neither a name nor an IP address (IPv6 needs brackets)");
  }
  return Address{std::string(host), std::string(port)};
}

}  // namespace steelie::client
