#include "crypto/ec_encoding.h"

#include <openssl/core_names.h>

#include <algorithm>
#include <array>
#include <bit>
#include <span>
#include <string_view>

#include "crypto/openssl_util.h"

namespace steelie {
namespace {

using namespace std::string_view_literals;

// What is constant in the encodings of a curve's keys (RFC 5480, RFC 5915): all but the numbers.
struct EcFormat {
  KeyKind kind;
  std::size_t field;
  std::string_view spki_prefix, pkcs8_prefix, pkcs8_middle;
};
constexpr std::array kEcFormats = {
    EcFormat{
        KeyKind::kEcP256, 32,
        "\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00"sv,
        "\x30\x81\x87\x02\x01\x00\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"
        "\x04\x6d\x30\x6b\x02\x01\x01\x04\x20"sv,
        "\xa1\x44\x03\x42\x00"sv},
    EcFormat{
        KeyKind::kEcP384, 48,
        "\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22\x03\x62\x00"sv,
        "\x30\x81\xb6\x02\x01\x00\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22\x04\x81\x9e"
        "\x30\x81\x9b\x02\x01\x01\x04\x30"sv,
        "\xa1\x64\x03\x62\x00"sv}};

// Uncompressed, 04 X Y; nothing if the key wants another form.
std::optional<Bytes> PointOf(EVP_PKEY* key, const EcFormat& format) {
  Bytes point(1 + 2 * format.field);
  std::size_t size = 0;
  const int ok = EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size(), &size);
  if (ok == 1 && size == point.size() && point[0] == 0x04) return point;
  openssl::DrainErrors();
  return std::nullopt;
}

template <typename Container>
void Append(Container& out, ByteView bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

const EcFormat* FormatOf(KeyKind kind) {
  for (const EcFormat& format : kEcFormats) {
    if (format.kind == kind) return &format;
  }
  return nullptr;
}

}  // namespace

std::optional<Bytes> EncodeEcSpki(evp_pkey_st* key, KeyKind kind) {
  const EcFormat* format = FormatOf(kind);
  if (format == nullptr) return std::nullopt;
  const auto point = PointOf(key, *format);
  if (!point) return std::nullopt;
  Bytes out;
  out.reserve(format->spki_prefix.size() + point->size());
  Append(out, AsBytes(format->spki_prefix));
  Append(out, *point);
  return out;
}

std::optional<SecretBuffer> EncodeEcPkcs8(evp_pkey_st* key, ByteView spki) {
  const auto point = FindEcPoint(spki);
  if (!point) return std::nullopt;
  const EcFormat* format = FormatOf(point->kind);
  SecretBuffer out;
  out.reserve(format->pkcs8_prefix.size() + format->field + format->pkcs8_middle.size() + 1 + point->xy.size());
  Append(out, AsBytes(format->pkcs8_prefix));
  out.resize(out.size() + format->field);
  // Straight into the output, so that no copy stays anywhere: in the machine's byte order, padded to the field's size.
  static_assert(std::endian::native == std::endian::little);
  const std::span<std::uint8_t> scalar = std::span(out).last(format->field);
  OSSL_PARAM params[] = {OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, scalar.data(), scalar.size()),
                         OSSL_PARAM_construct_end()};
  if (EVP_PKEY_get_params(key, params) != 1 || params[0].return_size != scalar.size()) {
    openssl::DrainErrors();
    return std::nullopt;
  }
  std::ranges::reverse(scalar);
  Append(out, AsBytes(format->pkcs8_middle));
  out.push_back(0x04);
  Append(out, point->xy);
  return out;
}

std::optional<EcPoint> FindEcPoint(ByteView spki) {
  for (const EcFormat& format : kEcFormats) {
    const std::size_t prefix = format.spki_prefix.size();
    if (spki.size() != prefix + 1 + 2 * format.field || spki[prefix] != 0x04) continue;
    if (PublicEqual(spki.first(prefix), AsBytes(format.spki_prefix))) {
      return EcPoint{format.kind, spki.subspan(prefix + 1)};
    }
  }
  return std::nullopt;
}

}  // namespace steelie
