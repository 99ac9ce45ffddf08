#include "crypto/plain_request.h"

#include <array>
#include <string_view>

#include "crypto/der.h"

namespace steelie {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kVersion0 = "\x02\x01\x00"sv;
constexpr std::string_view kExtensionRequest = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0e"sv;

struct Algorithm {
  std::string_view identifier;  // content of an AlgorithmIdentifier
  SignatureScheme scheme;
};
constexpr std::array kAlgorithms = {
    Algorithm{"\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"sv, SignatureScheme::kEcdsaSha256},
    Algorithm{"\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03"sv, SignatureScheme::kEcdsaSha384},
    Algorithm{"\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x04"sv, SignatureScheme::kEcdsaSha512}};

// A cursor over elements with the shortest form of their length. After a mismatch everything it returns is empty.
class Cursor {
 public:
  explicit Cursor(ByteView in) : in_(in) {}

  bool ok() const { return ok_; }
  bool empty() const { return in_.empty(); }
  bool AtEnd() const { return ok_ && in_.empty(); }

  /// The content of the next element; its whole encoding goes to `whole`.
  ByteView Take(std::uint8_t tag, ByteView* whole = nullptr) {
    std::size_t header = 2;
    std::size_t size = 0;
    if (!ReadHeader(tag, header, size)) {
      ok_ = false;
      in_ = {};
      return {};
    }
    const ByteView content = in_.subspan(header, size);
    if (whole != nullptr) *whole = in_.first(header + size);
    in_ = in_.subspan(header + size);
    return content;
  }

  bool Skip(std::string_view expected) {
    ok_ = ok_ && in_.size() >= expected.size() && PublicEqual(in_.first(expected.size()), AsBytes(expected));
    if (ok_) in_ = in_.subspan(expected.size());
    return ok_;
  }

 private:
  bool ReadHeader(std::uint8_t tag, std::size_t& header, std::size_t& size) const {
    if (!ok_ || in_.size() < 2 || in_[0] != tag) return false;
    size = in_[1];
    if (size >= 0x80) {
      const std::size_t count = size & 0x7fU;
      header += count;
      if (count == 0 || count > 3 || in_.size() < header || in_[2] == 0) return false;
      size = 0;
      for (std::size_t i = 0; i < count; ++i) size = size << 8U | in_[2 + i];
      if (size < 0x80) return false;
    }
    return in_.size() - header >= size;
  }

  ByteView in_;
  bool ok_ = true;
};

// The extensions of the only attribute, or nothing if there is none. False for other attributes.
bool SplitAttributes(ByteView attributes, std::optional<ByteView>& extensions) {
  if (attributes.empty()) return true;
  Cursor all(attributes);
  Cursor attribute(all.Take(der::kSequence));
  if (!all.AtEnd() || !attribute.Skip(kExtensionRequest)) return false;
  Cursor values(attribute.Take(der::kSet));
  ByteView whole;
  values.Take(der::kSequence, &whole);
  if (!attribute.AtEnd() || !values.AtEnd()) return false;
  extensions = whole;
  return true;
}

}  // namespace

std::optional<PlainRequest> SplitPlainRequest(ByteView der) {
  PlainRequest out{};
  Cursor outside(der);
  Cursor request(outside.Take(der::kSequence));
  Cursor info(request.Take(der::kSequence, &out.info));
  const ByteView algorithm = request.Take(der::kSequence);
  const ByteView signature = request.Take(der::kBitString);
  if (!outside.AtEnd() || !request.AtEnd() || signature.empty() || signature[0] != 0) return std::nullopt;
  out.signature = signature.subspan(1);

  info.Skip(kVersion0);
  info.Take(der::kSequence, &out.subject);
  ByteView spki;
  info.Take(der::kSequence, &spki);
  const ByteView attributes = info.Take(der::ContextConstructed(0));
  if (!info.AtEnd() || !SplitAttributes(attributes, out.extensions)) return std::nullopt;
  const auto key = FindEcPoint(spki);
  if (!key) return std::nullopt;
  out.key = *key;
  for (const Algorithm& known : kAlgorithms) {
    if (!PublicEqual(algorithm, AsBytes(known.identifier))) continue;
    out.scheme = known.scheme;
    return out;
  }
  return std::nullopt;
}

}  // namespace steelie
