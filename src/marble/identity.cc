#include "marble/identity.h"

#include <algorithm>

#include "pki/leaf.h"

namespace steelie::marble {
namespace {

constexpr std::string_view kCommonName = "MarbleRun Marble";

const std::vector<Bytes>& Loopback() {
  static const std::vector<Bytes> kAddresses = {*ParseIp("127.0.0.1"), *ParseIp("::1")};
  return kAddresses;
}

std::vector<Bytes> Joined(const std::vector<Bytes>& a, const std::vector<Bytes>& b) {
  std::vector<Bytes> out = a;
  out.insert(out.end(), b.begin(), b.end());
  return out;
}

}  // namespace

Result<MarbleNames> MarbleNames::FromList(std::string_view list) {
  if (std::ranges::any_of(list, [](char c) { return c <= ' ' || c > '~'; })) {
    return Error(Code::kInvalidArgument, "marble.names", "the DNS names hold a blank or a character outside ASCII");
  }
  MarbleNames names;
  while (true) {
    const std::size_t comma = list.find(',');
    const std::string name(list.substr(0, comma));
    if (auto ip = ParseIp(name)) {
      names.ip_addresses.push_back(std::move(*ip));
    } else {
      names.dns_names.push_back(name);
    }
    if (comma == std::string_view::npos) return names;
    list.remove_prefix(comma + 1);
  }
}

Result<MarbleIdentity> MarbleIdentity::Create(KeyKind kind, const MarbleNames& names, Random& random, Instant now) {
  STEELIE_TRY(PrivateKey key, PrivateKey::Generate(kind));
  STEELIE_TRY(const Bytes der, pki::IssueSelfSigned(kCommonName, key, names.dns_names,
                                                    Joined(names.ip_addresses, Loopback()), random.Take<16>(), now));
  STEELIE_TRY(Certificate certificate, Certificate::FromDer(der));
  return MarbleIdentity{std::move(key), std::move(certificate)};
}

Result<Bytes> CreateRequest(const PrivateKey& key, const MarbleNames& names) {
  return CertificateRequest::Create(key, names.dns_names, Joined(Loopback(), names.ip_addresses));
}

}  // namespace steelie::marble
