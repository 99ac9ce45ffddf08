#include <array>

#include "crypto/x509.h"
#include "gotemplate/der_walk.h"
#include "gotemplate/format.h"
#include "gotemplate/time_text.h"

// The text forms that Go's types print as.

namespace steelie::gotemplate {
namespace {

template <std::size_t N>
std::string NameOf(std::int64_t value, const std::array<std::string_view, N>& names, const std::string& otherwise) {
  if (value >= 0 && value < static_cast<std::int64_t>(N) && !names[static_cast<std::size_t>(value)].empty()) {
    return std::string(names[static_cast<std::size_t>(value)]);
  }
  return otherwise;
}

std::string KeyUsageText(std::int64_t value) {
  static constexpr std::array<std::string_view, 9> kNames = {"digitalSignature", "contentCommitment", "keyEncipherment",
                                                             "dataEncipherment", "keyAgreement",      "keyCertSign",
                                                             "cRLSign",          "encipherOnly",      "decipherOnly"};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (value == std::int64_t{1} << i) return std::string(kNames[i]);
  }
  return "KeyUsage(" + std::to_string(value) + ")";
}

std::string KeyPurposeText(std::int64_t value) {
  static constexpr std::array<std::string_view, 10> kNames = {
      "anyExtendedKeyUsage", "serverAuth",  "clientAuth", "codeSigning",  "emailProtection",
      "ipsecEndSystem",      "ipsecTunnel", "ipsecUser",  "timeStamping", "OCSPSigning"};
  return NameOf(value, kNames, "ExtKeyUsage(" + std::to_string(value) + ")");
}

std::string SignatureText(std::int64_t value) {
  static constexpr std::array<std::string_view, 17> kNames = {"",
                                                              "",
                                                              "MD5-RSA",
                                                              "SHA1-RSA",
                                                              "SHA256-RSA",
                                                              "SHA384-RSA",
                                                              "SHA512-RSA",
                                                              "DSA-SHA1",
                                                              "DSA-SHA256",
                                                              "ECDSA-SHA1",
                                                              "ECDSA-SHA256",
                                                              "ECDSA-SHA384",
                                                              "ECDSA-SHA512",
                                                              "SHA256-RSAPSS",
                                                              "SHA384-RSAPSS",
                                                              "SHA512-RSAPSS",
                                                              "Ed25519"};
  return NameOf(value, kNames, std::to_string(value));
}

std::string KeyAlgorithmText(std::int64_t value) {
  static constexpr std::array<std::string_view, 5> kNames = {"", "RSA", "DSA", "ECDSA", "Ed25519"};
  return NameOf(value, kNames, std::to_string(value));
}

std::string IpText(ByteView address) {
  if (address.empty()) return "<nil>";
  if (address.size() != 4 && address.size() != 16) return "?" + HexEncode(address);
  // An IPv4 address in the form of IPv6 is written as IPv4.
  static constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (address.size() == 16 && PublicEqual(address.first(12), kMapped)) address = address.subspan(12);
  return FormatIp(address);
}

std::string EscapedAttribute(std::string_view value) {
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    const bool special = std::string_view(",+\"\\<>;").find(c) != std::string_view::npos || (c == '#' && i == 0) ||
                         (c == ' ' && (i == 0 || i + 1 == value.size()));
    if (special) out += '\\';
    out += c;
  }
  return out;
}

// RFC 2253: the last component first, several values of one kind joined by `+`.
std::string NameText(const Record& name) {
  struct Part {
    std::string_view field;
    std::string_view key;
  };
  static constexpr std::array<Part, 9> kParts = {{{"SerialNumber", "SERIALNUMBER"},
                                                  {"CommonName", "CN"},
                                                  {"PostalCode", "POSTALCODE"},
                                                  {"StreetAddress", "STREET"},
                                                  {"Province", "ST"},
                                                  {"Locality", "L"},
                                                  {"OrganizationalUnit", "OU"},
                                                  {"Organization", "O"},
                                                  {"Country", "C"}}};
  std::string out;
  for (const Part& part : kParts) {
    const Value* value = name.Find(part.field);
    const bool single = value->type == Type::kString;
    const std::size_t count = single ? (value->size > 0 ? 1 : 0) : value->size;
    for (std::size_t i = 0; i < count; ++i) {
      if (!out.empty()) out += i == 0 ? ',' : '+';
      out += std::string(part.key) + "=" + EscapedAttribute(single ? value->text() : ElementAt(*value, i).text());
    }
  }
  return out;
}

}  // namespace

std::optional<std::string> OwnText(const Value& value) {
  switch (value.type) {
    case Type::kIp:
      return IpText(value.bytes());
    case Type::kTime:
      return TimeText(value, "2006-01-02 15:04:05.999999999 -0700 MST");
    case Type::kName:
      return NameText(value.record());
    case Type::kUrl:
      return std::string(value.record().Find("")->text());
    case Type::kOid:
      return OidText(value.bytes());
    case Type::kMonth:
      return std::string(MonthName(value.integer));
    case Type::kWeekday:
      return std::string(WeekdayName(value.integer));
    case Type::kDuration:
      return DurationText(value.integer);
    case Type::kKeyUsage:
      return KeyUsageText(value.integer);
    case Type::kExtKeyUsage:
      return KeyPurposeText(value.integer);
    case Type::kSignatureAlgorithm:
      return SignatureText(value.integer);
    case Type::kPublicKeyAlgorithm:
      return KeyAlgorithmText(value.integer);
    default:
      return std::nullopt;
  }
}

}  // namespace steelie::gotemplate
