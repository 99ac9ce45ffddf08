#include <algorithm>

#include "base/ascii.h"
#include "control/coordinator_impl.h"

namespace steelie::control {
namespace {

// As names are compared: a dot at the end means nothing.
std::string Plain(const std::string& name) {
  std::string text = AsciiLower(name);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

// `*.example` stands for exactly one label in front of `.example` (RFC 6125 section 6.4.3).
bool DnsMatches(const std::string& pattern, const std::string& name) {
  const std::string lower_pattern = Plain(pattern);
  const std::string lower_name = Plain(name);
  if (!lower_pattern.starts_with("*.")) return lower_pattern == lower_name;
  const std::size_t dot = lower_name.find('.');
  return dot != std::string::npos && dot > 0 && lower_name.substr(dot) == lower_pattern.substr(1);
}

bool IpMatches(const std::string& pattern, const Bytes& ip) {
  const std::size_t slash = pattern.find('/');
  const auto base = ParseIp(pattern.substr(0, slash));
  if (!base || base->size() != ip.size()) return false;
  std::size_t bits = ip.size() * 8;
  if (slash != std::string::npos) {
    bits = 0;
    for (const char c : pattern.substr(slash + 1)) bits = bits * 10 + static_cast<std::size_t>(c - '0');
  }
  for (std::size_t i = 0; i < std::min(bits, ip.size() * 8); ++i) {
    const unsigned shift = 7U - i % 8U;
    if (((ip[i / 8] ^ (*base)[i / 8]) >> shift & 1U) != 0) return false;
  }
  return true;
}

}  // namespace

Status CheckAllowedNames(const manifest::Marble& marble, const CertificateRequest& request) {
  if (!marble.allowed_names) return Ok();
  const auto refused = [](const std::string& name) {
    return Error(
        Code::kPermissionDenied, "policy.names",
        "the certificate request names `" + name.substr(0, 253) + "`, which the marble's AllowedNames does not cover");
  };
  for (const std::string& dns : request.dns_names) {
    if (std::ranges::none_of(*marble.allowed_names, [&](const auto& p) { return DnsMatches(p, dns); }))
      return refused(dns);
  }
  for (const Bytes& ip : request.ip_addresses) {
    // Every marble's request names the loopback addresses; nobody can be impersonated with them.
    if (FormatIp(ip) == "127.0.0.1" || FormatIp(ip) == "::1") continue;
    if (std::ranges::none_of(*marble.allowed_names, [&](const auto& p) { return IpMatches(p, ip); })) {
      return refused(FormatIp(ip));
    }
  }
  return Ok();
}

}  // namespace steelie::control
