#include "gotemplate/certificate.h"

#include <array>
#include <chrono>

#include "crypto/x509.h"
#include "gotemplate/der_walk.h"
#include "gotemplate/unicode.h"

namespace steelie::gotemplate {
namespace {

constexpr std::int64_t kZeroTime = -62'135'596'800;  // year 1, the time of an empty structure

constexpr std::uint8_t kSequence = 0x30;
constexpr std::uint8_t kSet = 0x31;
constexpr std::uint8_t kInteger = 0x02;
constexpr std::uint8_t kOid = 0x06;
constexpr std::uint8_t kBoolean = 0x01;
constexpr std::uint8_t kBmpString = 0x1e;
constexpr std::uint8_t kGeneralizedTime = 0x18;

// What the certificate consists of, before it is turned into a record.
struct Parts {
  ByteView raw, to_be_signed, key_info, subject, issuer, signature, subject_key_id, authority_key_id;
  std::int64_t version = 0, key_usage = 0, path_length = 0;
  std::int64_t not_before = kZeroTime, not_after = kZeroTime;
  bool constraints_valid = false, is_ca = false;
  std::string_view signature_oid, key_oid;
  ByteView serial;  // content of the INTEGER, empty if there is none
  std::vector<Value> dns, emails, ips, uris, extensions, key_purposes, other_purposes;
};

std::vector<Value> Attributes(ByteView name, Store& store);

std::int64_t ParseTime(const DerWalk::Element& element) {
  const std::string_view text = AsText(element.content);
  const auto number = [&](std::size_t at, std::size_t n) {
    int value = 0;
    for (std::size_t i = at; i < at + n && i < text.size(); ++i) value = value * 10 + (text[i] - '0');
    return value;
  };
  const std::size_t year_digits = element.tag == kGeneralizedTime ? 4 : 2;
  int year = number(0, year_digits);
  if (year_digits == 2) year += year < 50 ? 2000 : 1900;
  const std::chrono::sys_days day = std::chrono::year(year) /
                                    std::chrono::month(static_cast<unsigned>(number(year_digits, 2))) /
                                    std::chrono::day(static_cast<unsigned>(number(year_digits + 2, 2)));
  return std::int64_t{day.time_since_epoch().count()} * 86'400 + number(year_digits + 4, 2) * 3'600 +
         number(year_digits + 6, 2) * 60 + number(year_digits + 8, 2);
}

std::string AttributeText(const DerWalk::Element& element) {
  if (element.tag != kBmpString) return ToText(element.content);
  std::string out;
  for (std::size_t i = 0; i + 1 < element.content.size(); i += 2) {
    const char32_t c = static_cast<char32_t>(element.content[i]) << 8U | element.content[i + 1];
    out += EncodeRune(c).view();
  }
  return out;
}

Value OidValue(ByteView content) { return Value::ByteList(Type::kOid, content); }

std::vector<Value> Attributes(ByteView name, Store& store) {
  std::vector<Value> out;
  DerWalk rdns(DerWalk(name).Next().content);
  while (!rdns.AtEnd()) {
    DerWalk set(rdns.Take(kSet).value_or(DerWalk::Element{}).content);
    while (!set.AtEnd()) {
      DerWalk pair(set.Next().content);
      Record attribute;
      attribute.fields.push_back({"Type", OidValue(pair.Next().content)});
      attribute.fields.push_back({"Value", Value::String(store.KeepText(AttributeText(pair.Next())))});
      out.push_back(Value::OfRecord(Type::kAttribute, store.Keep(std::move(attribute))));
    }
  }
  return out;
}

Value NameValue(ByteView der, Store& store) {
  struct Part {
    std::string_view field;
    std::string_view oid;
    bool single;
  };
  static constexpr std::array<Part, 9> kParts = {{
      {"Country", "2.5.4.6", false},
      {"Organization", "2.5.4.10", false},
      {"OrganizationalUnit", "2.5.4.11", false},
      {"Locality", "2.5.4.7", false},
      {"Province", "2.5.4.8", false},
      {"StreetAddress", "2.5.4.9", false},
      {"PostalCode", "2.5.4.17", false},
      {"SerialNumber", "2.5.4.5", true},
      {"CommonName", "2.5.4.3", true},
  }};
  std::vector<Value> attributes;
  if (!der.empty()) attributes = Attributes(der, store);
  Record out;
  for (const Part& part : kParts) {
    std::vector<Value> values;
    for (const Value& attribute : attributes) {
      if (OidText(attribute.record().fields[0].value.bytes()) == part.oid) {
        values.push_back(attribute.record().fields[1].value);
      }
    }
    if (part.single) {
      out.fields.push_back({part.field, values.empty() ? Value::String("") : values.back()});
    } else {
      out.fields.push_back({part.field, store.KeepList(Type::kString, std::move(values))});
    }
  }
  out.fields.push_back({"Names", store.KeepList(Type::kAttribute, std::move(attributes))});
  out.fields.push_back({"ExtraNames", Value::OfType(Type::kList)});
  return Value::OfRecord(Type::kName, store.Keep(std::move(out)));
}

Value UrlValue(std::string_view text, Store& store) {
  // Scheme, authority, path, query and fragment of RFC 3986, appendix B.
  Record out;
  const Value whole = Value::String(store.KeepText(std::string(text)));
  std::string_view rest = whole.text();
  const auto cut = [&rest](char mark) {
    const std::size_t at = rest.find(mark);
    if (at == std::string_view::npos) return std::string_view();
    const std::string_view behind = rest.substr(at + 1);
    rest = rest.substr(0, at);
    return behind;
  };
  const std::string_view fragment = cut('#');
  const std::string_view query = cut('?');
  std::string_view scheme;
  if (const std::size_t colon = rest.find(':'); colon != std::string_view::npos) {
    scheme = rest.substr(0, colon);
    rest.remove_prefix(colon + 1);
  }
  std::string_view host;
  if (rest.starts_with("//")) {
    rest.remove_prefix(2);
    host = rest.substr(0, rest.find('/'));
    rest.remove_prefix(host.size());
  }
  out.fields = {{"Scheme", Value::String(scheme)},     {"Host", Value::String(host)},
                {"Path", Value::String(rest)},         {"RawQuery", Value::String(query)},
                {"Fragment", Value::String(fragment)}, {"", whole}};
  return Value::OfRecord(Type::kUrl, store.Keep(std::move(out)));
}

void ReadAlternativeNames(ByteView value, Parts* parts, Store& store) {
  DerWalk names(DerWalk(value).Next().content);
  while (!names.AtEnd()) {
    const DerWalk::Element name = names.Next();
    const Value text = Value::String(AsText(name.content));
    if (name.tag == 0x81) parts->emails.push_back(text);
    if (name.tag == 0x82) parts->dns.push_back(text);
    if (name.tag == 0x86) parts->uris.push_back(UrlValue(text.text(), store));
    if (name.tag == 0x87) parts->ips.push_back(Value::ByteList(Type::kIp, name.content));
  }
}

void ReadKeyPurposes(ByteView value, Parts* parts) {
  static constexpr std::array<std::string_view, 10> kPurposes = {
      "2.5.29.37.0",       "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.3", "1.3.6.1.5.5.7.3.4",
      "1.3.6.1.5.5.7.3.5", "1.3.6.1.5.5.7.3.6", "1.3.6.1.5.5.7.3.7", "1.3.6.1.5.5.7.3.8", "1.3.6.1.5.5.7.3.9"};
  DerWalk purposes(DerWalk(value).Next().content);
  while (!purposes.AtEnd()) {
    const ByteView oid = purposes.Next().content;
    const std::string text = OidText(oid);
    std::size_t i = 0;
    while (i < kPurposes.size() && kPurposes[i] != text) ++i;
    if (i < kPurposes.size()) {
      parts->key_purposes.push_back(Value::Int(static_cast<std::int64_t>(i), Type::kExtKeyUsage));
    } else {
      parts->other_purposes.push_back(OidValue(oid));
    }
  }
}

void ReadKeyUsage(ByteView value, Parts* parts) {
  const ByteView bits = DerWalk(value).Next().content;
  for (std::size_t i = 0; i < 9 && i / 8 + 1 < bits.size(); ++i) {
    if ((bits[i / 8 + 1] >> (7U - i % 8U) & 1U) != 0) parts->key_usage |= std::int64_t{1} << i;
  }
}

void ReadBasicConstraints(ByteView value, Parts* parts) {
  DerWalk constraints(DerWalk(value).Next().content);
  parts->constraints_valid = true;
  if (const auto ca = constraints.Take(kBoolean)) parts->is_ca = !ca->content.empty() && ca->content[0] != 0;
  parts->path_length = -1;
  if (const auto length = constraints.Take(kInteger)) {
    parts->path_length = 0;
    for (const std::uint8_t byte : length->content.first(std::min<std::size_t>(length->content.size(), 4))) {
      parts->path_length = parts->path_length << 8U | byte;
    }
  }
}

void ReadExtensions(ByteView list, Parts* parts, Store& store) {
  DerWalk extensions(DerWalk(list).Next().content);
  while (!extensions.AtEnd()) {
    DerWalk extension(extensions.Next().content);
    const ByteView oid = extension.Take(kOid).value_or(DerWalk::Element{}).content;
    const bool critical = extension.Take(kBoolean).has_value();
    const ByteView value = extension.Next().content;
    Record record;
    record.fields = {
        {"Id", OidValue(oid)}, {"Critical", Value::Bool(critical)}, {"Value", Value::ByteList(Type::kBytes, value)}};
    parts->extensions.push_back(Value::OfRecord(Type::kExtension, store.Keep(std::move(record))));
    const std::string text = OidText(oid);
    if (text == "2.5.29.14") parts->subject_key_id = DerWalk(value).Next().content;
    if (text == "2.5.29.15") ReadKeyUsage(value, parts);
    if (text == "2.5.29.17") ReadAlternativeNames(value, parts, store);
    if (text == "2.5.29.19") ReadBasicConstraints(value, parts);
    if (text == "2.5.29.35") {
      DerWalk key(DerWalk(value).Next().content);
      if (const auto id = key.Take(0x80)) parts->authority_key_id = id->content;
    }
    if (text == "2.5.29.37") ReadKeyPurposes(value, parts);
  }
}

Parts ReadParts(ByteView der, Store& store) {
  Parts out;
  out.raw = der;
  DerWalk certificate(DerWalk(der).Next().content);
  const DerWalk::Element body = certificate.Next();
  out.to_be_signed = body.whole;
  out.signature_oid = store.KeepText(OidText(DerWalk(certificate.Next().content).Next().content));
  const ByteView signature = certificate.Next().content;
  if (!signature.empty()) out.signature = signature.subspan(1);  // behind the count of unused bits
  DerWalk fields(body.content);
  out.version = 1;
  if (const auto version = fields.Take(0xa0)) {
    const ByteView number = DerWalk(version->content).Next().content;
    if (!number.empty()) out.version = number.back() + 1;
  }
  out.serial = fields.Take(kInteger).value_or(DerWalk::Element{}).content;
  (void)fields.Next();  // the signature's algorithm again
  out.issuer = fields.Next().whole;
  DerWalk validity(fields.Next().content);
  out.not_before = ParseTime(validity.Next());
  out.not_after = ParseTime(validity.Next());
  out.subject = fields.Next().whole;
  const DerWalk::Element key = fields.Next();
  out.key_info = key.whole;
  out.key_oid = store.KeepText(
      OidText(DerWalk(DerWalk(key.content).Take(kSequence).value_or(DerWalk::Element{}).content).Next().content));
  while (!fields.AtEnd()) {
    const DerWalk::Element next = fields.Next();
    if (next.tag == 0xa3) ReadExtensions(next.content, &out, store);
  }
  return out;
}

std::int64_t IndexIn(std::string_view oid, ByteView known_ids, std::initializer_list<std::string_view> known) {
  std::size_t i = 0;
  for (const std::string_view text : known) {
    if (text == oid) return known_ids[i];
    ++i;
  }
  return 0;
}

std::int64_t SignatureAlgorithm(std::string_view oid) {
  static constexpr std::array<std::uint8_t, 9> kIds = {3, 4, 5, 6, 9, 10, 11, 12, 16};
  return IndexIn(
      oid, kIds,
      {"1.2.840.113549.1.1.5", "1.2.840.113549.1.1.11", "1.2.840.113549.1.1.12", "1.2.840.113549.1.1.13",
       "1.2.840.10045.4.1", "1.2.840.10045.4.3.2", "1.2.840.10045.4.3.3", "1.2.840.10045.4.3.4", "1.3.101.112"});
}

std::int64_t KeyAlgorithm(std::string_view oid) {
  static constexpr std::array<std::uint8_t, 4> kIds = {1, 2, 3, 4};
  return IndexIn(oid, kIds, {"1.2.840.113549.1.1.1", "1.2.840.10040.4.1", "1.2.840.10045.2.1", "1.3.101.112"});
}

// Magnitude and sign of an INTEGER's content.
Value BigInt(ByteView content, Store& store) {
  Value out = Value::OfType(Type::kBigInt);
  if (content.empty()) return out;
  out.flag = (content[0] & 0x80U) != 0;
  std::string magnitude = ToText(content);
  if (out.flag) {
    unsigned carry = 1;
    for (std::size_t i = magnitude.size(); i-- > 0;) {
      carry += static_cast<std::uint8_t>(~static_cast<unsigned>(static_cast<std::uint8_t>(magnitude[i])));
      magnitude[i] = static_cast<char>(carry & 0xffU);
      carry >>= 8U;
    }
  }
  const std::string_view kept = store.KeepText(std::move(magnitude));
  out.data = AsBytes(kept).data();
  out.size = kept.size();
  return out;
}

// A part of the certificate is a list whose room reaches to the end of the certificate, as with Go's parser.
Value PartOf(const Parts& parts, ByteView part) {
  Value out = Value::ByteList(Type::kBytes, part);
  if (!part.empty()) out.capacity = static_cast<std::size_t>(parts.raw.data() + parts.raw.size() - part.data());
  return out;
}

}  // namespace

Record ParseCertificateFields(ByteView der, Store& store) {
  Parts parts;
  parts.raw = der;
  if (!der.empty() && Certificate::FromDer(der).has_value()) parts = ReadParts(der, store);
  const auto list = [&store](Type element, std::vector<Value>& values) {
    return store.KeepList(element, std::move(values));
  };
  const auto named = [](std::int64_t value, Type type) { return Value::Int(value, type); };
  Record out;
  out.fields = {
      {"Raw", PartOf(parts, parts.raw)},
      {"RawTBSCertificate", PartOf(parts, parts.to_be_signed)},
      {"RawSubjectPublicKeyInfo", PartOf(parts, parts.key_info)},
      {"RawSubject", PartOf(parts, parts.subject)},
      {"RawIssuer", PartOf(parts, parts.issuer)},
      {"Signature", PartOf(parts, parts.signature)},
      {"SignatureAlgorithm", named(SignatureAlgorithm(parts.signature_oid), Type::kSignatureAlgorithm)},
      {"PublicKeyAlgorithm", named(KeyAlgorithm(parts.key_oid), Type::kPublicKeyAlgorithm)},
      {"Version", Value::Int(parts.version)},
      {"SerialNumber", BigInt(parts.serial, store)},
      {"Issuer", NameValue(parts.issuer, store)},
      {"Subject", NameValue(parts.subject, store)},
      {"NotBefore", Value::Time(parts.not_before)},
      {"NotAfter", Value::Time(parts.not_after)},
      {"KeyUsage", named(parts.key_usage, Type::kKeyUsage)},
      {"Extensions", list(Type::kExtension, parts.extensions)},
      {"ExtraExtensions", Value::OfType(Type::kList)},
      {"ExtKeyUsage", list(Type::kExtKeyUsage, parts.key_purposes)},
      {"UnknownExtKeyUsage", list(Type::kOid, parts.other_purposes)},
      {"BasicConstraintsValid", Value::Bool(parts.constraints_valid)},
      {"IsCA", Value::Bool(parts.is_ca)},
      {"MaxPathLen", Value::Int(parts.path_length)},
      {"MaxPathLenZero", Value::Bool(parts.constraints_valid && parts.path_length == 0)},
      {"SubjectKeyId", PartOf(parts, parts.subject_key_id)},
      {"AuthorityKeyId", PartOf(parts, parts.authority_key_id)},
      {"DNSNames", list(Type::kString, parts.dns)},
      {"EmailAddresses", list(Type::kString, parts.emails)},
      {"IPAddresses", list(Type::kIp, parts.ips)},
      {"URIs", list(Type::kUrl, parts.uris)},
  };
  return out;
}

}  // namespace steelie::gotemplate
