#include <array>
#include <bitset>
#include <cstdint>
#include <string>

#include "manifest/checker.h"

namespace steelie::manifest {
namespace {

constexpr std::string_view kReason = "manifest.advice.pasted_secret";
constexpr std::size_t kShortestHex = 32;
constexpr std::size_t kShortestBase64 = 40;
// Fewer different characters than random text of these lengths has, by a wide margin.
constexpr std::size_t kDistinctHex = 10;
constexpr std::size_t kDistinctBase64 = 20;

bool IsBase64(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/' ||
         c == '-' || c == '_';
}

// Whether an unbroken run of base64 characters looks drawn at random.
bool LooksRandom(std::string_view run) {
  std::bitset<256> distinct;
  std::bitset<3> kinds;
  bool hex = true;
  for (const char c : run) {
    distinct.set(static_cast<unsigned char>(c));
    const bool digit = c >= '0' && c <= '9';
    if (c >= 'a' && c <= 'z') kinds.set(0);
    if (c >= 'A' && c <= 'Z') kinds.set(1);
    if (digit) kinds.set(2);
    hex = hex && (digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'));
  }
  if (hex) return run.size() >= kShortestHex && distinct.count() >= kDistinctHex;
  return run.size() >= kShortestBase64 && kinds.all() && distinct.count() >= kDistinctBase64;
}

/// Walks over a text and looks at its unbroken runs. Linear: each search that fails is not repeated.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool FindsRandomRun() {
    while (at_ < text_.size()) {
      if (SkipPast("{{", "}}", open_template_) || SkipPast("-----BEGIN ", "-----END ", open_block_)) continue;
      const std::size_t begin = at_;
      while (at_ < text_.size() && IsBase64(text_[at_]) && !AtBlock()) ++at_;
      if (at_ == begin) {
        ++at_;
      } else if (LooksRandom(text_.substr(begin, at_ - begin))) {
        return true;
      }
    }
    return false;
  }

 private:
  bool AtBlock() const { return !open_block_ && text_.substr(at_).starts_with("-----BEGIN "); }

  // Certificates and public keys are long and random but no secrets; templates are neither.
  bool SkipPast(std::string_view begin, std::string_view end, bool& unclosed) {
    if (unclosed || !text_.substr(at_).starts_with(begin)) return false;
    const std::size_t found = text_.find(end, at_ + begin.size());
    unclosed = found == std::string_view::npos;
    if (!unclosed) at_ = found + end.size();
    return !unclosed;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool open_template_ = false;
  bool open_block_ = false;
};

// What it looks like, or nothing.
std::string_view LooksLikeSecret(std::string_view text) {
  if (text.find("PRIVATE KEY-----") != std::string_view::npos) return "a private key";
  return Scanner(text).FindsRandomRun() ? "a key or token" : "";
}

std::string_view LooksLikeSecret(const FileValue& value) {
  if (const auto found = LooksLikeSecret(AsText(value.data)); !found.empty()) return found;
  if (value.encoding == Encoding::kString) return {};
  // Encoded binary: a key has one of few lengths.
  constexpr std::array<std::size_t, 4> kKeyLengths = {16, 24, 32, 64};
  std::bitset<256> distinct;
  std::size_t unprintable = 0;
  for (const std::uint8_t b : value.data) {
    distinct.set(b);
    if (b < 0x20 || b >= 0x7f) ++unprintable;
  }
  for (const std::size_t n : kKeyLengths) {
    if (value.data.size() == n && unprintable * 4 >= n && distinct.count() * 2 > n) return "a key";
  }
  return {};
}

void Scan(Checker& c, const std::string& marble, std::string_view kind, const NameMap<FileValue>& values) {
  for (const auto& [name, value] : values) {
    const auto found = LooksLikeSecret(value);
    if (found.empty()) continue;
    c.Warn({"Marbles", marble, "Parameters", kind, name}, kReason,
           "this looks like " + std::string(found) +
               ", but everybody can read the manifest; define a user-defined secret, upload the value and refer to it "
               "by a template such as {{ raw .Secrets.NAME }}");
  }
}

}  // namespace

void AdviseOnPastedSecrets(Checker& c) {
  const Manifest& m = c.manifest();
  for (const auto& [name, marble] : m.marbles) {
    Scan(c, name, "Files", marble.parameters.files);
    Scan(c, name, "Env", marble.parameters.env);
  }
  for (const auto& [name, secret] : m.secrets) {
    if (secret.preset_private.empty()) continue;
    c.Warn({"Secrets", name, "Private"}, kReason,
           "the value of secret " + Shown(name) +
               " is in the manifest, which everybody can read; remove it and upload the value instead");
  }
  for (const auto& [name, user] : m.users) {
    if (user.certificate.find("PRIVATE KEY-----") == std::string::npos) continue;
    c.Warn({"Users", name, "Certificate"}, kReason,
           "the text contains a private key, and everybody can read the manifest; keep only the certificate, and "
           "replace the key");
  }
}

}  // namespace steelie::manifest
