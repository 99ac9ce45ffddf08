#include <algorithm>
#include <array>
#include <charconv>

#include "base/ascii.h"
#include "crypto/x509.h"
#include "manifest/sections.h"

namespace steelie::manifest {
namespace {

struct FileDraft {
  std::string data;
  std::string encoding;
  bool no_templates = false;
};

constexpr std::array<Field<FileDraft>, 3> kFileFields = {{
    {"Data", Into<&FileDraft::data>},
    {"Encoding", Into<&FileDraft::encoding>},
    {"NoTemplates", Into<&FileDraft::no_templates>},
}};

template <auto kMember>
void ReadFileValues(Decoder& d, JsonValue v, const Path& path, Parameters& out) {
  ReadMap(d, v, path, out.*kMember,
          [&](JsonValue value, const Path& at, FileValue& file) { ReadFileValue(d, value, at, file); });
}

constexpr std::array<Field<Parameters>, 3> kParameterFields = {{
    {"Files", ReadFileValues<&Parameters::files>},
    {"Env", ReadFileValues<&Parameters::env>},
    {"Argv", Into<&Parameters::argv>},
}};

void ReadParameters(Decoder& d, JsonValue v, const Path& path, Marble& out) {
  ReadObject(d, v, path, "the parameters of a marble", kParameterFields, out.parameters);
}

void ReadAllowedNames(Decoder& d, JsonValue v, const Path& path, Marble& out) {
  d.Read(v, path, out.allowed_names);
  if (!out.allowed_names) return;
  std::size_t index = 0;
  v.ForEachElement([&](JsonValue element) {
    const Path at(path, index++);
    if (element.kind() == JsonKind::kString ? IsAllowedNamePattern(element.text()) : !element.is_null()) return;
    d.Error(element, at, "manifest.marble.allowed_name",
            "expected a DNS name (`db.example.org`), a wildcard (`*.example.org`), an IP address or a range "
            "(`10.1.0.0/16`), found " +
                (element.is_null() ? "null" : Quoted(element.text())));
  });
}

constexpr std::array<Field<Marble>, 7> kMarbleFields = {{
    {"Package", Into<&Marble::package>},
    {"MaxActivations", Into<&Marble::max_activations>},
    {"Parameters", ReadParameters},
    {"TLS", Into<&Marble::tls>},
    {"DisableSecretBinding", Into<&Marble::disable_secret_binding>},
    {"CertificateValidity", Into<&Marble::certificate_validity_days>},
    {"AllowedNames", ReadAllowedNames},
}};

bool IsLabel(std::string_view label) {
  constexpr std::size_t kLongest = 63;
  if (label.empty() || label.size() > kLongest || label.front() == '-' || label.back() == '-') return false;
  return std::ranges::all_of(label, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

bool IsDnsName(std::string_view name) {
  constexpr std::size_t kLongest = 253;
  if (name.empty() || name.size() > kLongest) return false;
  bool last_is_number = false;
  while (true) {
    const std::size_t dot = name.find('.');
    const std::string_view label = name.substr(0, dot);
    if (!IsLabel(label)) return false;
    last_is_number = label.find_first_not_of("0123456789") == std::string_view::npos;
    if (dot == std::string_view::npos) break;
    name.remove_prefix(dot + 1);
  }
  return !last_is_number;  // else it is a mistyped address
}

}  // namespace

bool IsAllowedNamePattern(std::string_view text) {
  constexpr std::size_t kLongestAddress = 45;
  const std::size_t slash = text.find('/');
  const std::string_view host = text.substr(0, slash);
  if (host.size() <= kLongestAddress) {
    if (const auto address = ParseIp(std::string(host))) {
      if (slash == std::string_view::npos) return true;
      const std::string_view digits = text.substr(slash + 1);
      unsigned bits = 0;
      const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
      return failure == std::errc() && end == digits.data() + digits.size() && !digits.empty() &&
             bits <= address->size() * 8;
    }
  }
  if (slash != std::string_view::npos) return false;
  if (text.starts_with("*.")) text.remove_prefix(2);
  return IsDnsName(text);
}

void ReadFileValue(Decoder& d, JsonValue v, const Path& path, FileValue& out) {
  if (v.kind() == JsonKind::kString) {
    out.data = ToBytes(v.text());
    return;
  }
  if (v.kind() != JsonKind::kObject) return d.WrongType(v, path, "text, or an object with `Data` and `Encoding`");
  FileDraft draft;
  ReadObject(d, v, path, "a file or environment variable", kFileFields, draft);
  out.no_templates = draft.no_templates;
  const std::string encoding = AsciiLower(draft.encoding);
  if (encoding.empty() || encoding == "string") {
    out.data = ToBytes(draft.data);
    return;
  }
  constexpr std::array<std::string_view, 3> kEncodings = {"string", "base64", "hex"};
  if (encoding != "base64" && encoding != "hex") {
    return d.Error(v, path, "manifest.file.encoding",
                   "unknown `Encoding` " + Quoted(draft.encoding) + d.Suggest(draft.encoding, kEncodings));
  }
  out.encoding = encoding == "hex" ? Encoding::kHex : Encoding::kBase64;
  auto data = out.encoding == Encoding::kHex ? HexDecode(draft.data) : Base64Decode(draft.data);
  if (!data) {
    return d.Error(v, path, "manifest.file.data",
                   "`Data` is not what `Encoding` " + Quoted(draft.encoding) + " says: " + data.error().message());
  }
  out.data = std::move(*data);
}

void ReadMarble(Decoder& d, JsonValue v, const Path& path, Marble& out) {
  ReadObject(d, v, path, "a marble", kMarbleFields, out);
}

}  // namespace steelie::manifest
