#include "crypto/pem.h"

#include <algorithm>

namespace steelie {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kEnd = "-----END ";
constexpr std::string_view kDashes = "-----";
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

template <typename Container>
void AppendText(Container& out, std::string_view text) {
  out.insert(out.end(), text.begin(), text.end());
}

// Encodes straight into the output, so that a private key leaves no copy in between.
template <typename Container>
void Encode(Container& out, std::string_view label, ByteView der) {
  out.reserve(der.size() / 48 * 65 + 2 * label.size() + 110);
  for (const std::string_view part : {kBegin, label, kDashes}) AppendText(out, part);
  std::size_t column = 64;
  for (std::size_t i = 0; i < der.size(); i += 3) {
    if (column == 64) {
      out.push_back('\n');
      column = 0;
    }
    const std::size_t n = std::min<std::size_t>(3, der.size() - i);
    std::uint32_t group = std::uint32_t{der[i]} << 16U;
    if (n > 1) group |= std::uint32_t{der[i + 1]} << 8U;
    if (n > 2) group |= std::uint32_t{der[i + 2]};
    const char chars[4] = {kAlphabet[(group >> 18U) & 63U], kAlphabet[(group >> 12U) & 63U],
                           n > 1 ? kAlphabet[(group >> 6U) & 63U] : '=', n > 2 ? kAlphabet[group & 63U] : '='};
    for (const char c : chars) out.push_back(static_cast<typename Container::value_type>(c));
    column += 4;
  }
  out.push_back('\n');
  for (const std::string_view part : {kEnd, label, kDashes}) AppendText(out, part);
  out.push_back('\n');
}

int Value(char c) {
  const std::size_t at = kAlphabet.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

bool DecodeBody(std::string_view body, SecretBuffer& out) {
  std::uint32_t group = 0;
  std::size_t have = 0;
  std::size_t padding = 0;
  for (const char c : body) {
    if (c == '\n' || c == '\r' || c == ' ' || c == '\t') continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    const int v = Value(c);
    if (v < 0 || padding > 0) return false;
    group = (group << 6U) | static_cast<std::uint32_t>(v);
    if (++have == 4) {
      for (const unsigned shift : {16U, 8U, 0U}) out.push_back(static_cast<std::uint8_t>(group >> shift));
      have = 0;
      group = 0;
    }
  }
  if (have == 0) return padding == 0;
  if (have == 1 || have + padding != 4) return false;
  out.push_back(static_cast<std::uint8_t>(have == 2 ? group >> 4U : group >> 10U));
  if (have == 3) out.push_back(static_cast<std::uint8_t>(group >> 2U));
  return true;
}

// RFC 1421 headers end at an empty line; without a colon in the first line there are none.
std::string_view SkipHeaders(std::string_view body) {
  const std::size_t line_end = body.find('\n');
  if (line_end == std::string_view::npos || body.substr(0, line_end).find(':') == std::string_view::npos) return body;
  for (const std::string_view blank : {"\n\n", "\n\r\n"}) {
    const std::size_t at = body.find(blank);
    if (at != std::string_view::npos) return body.substr(at + blank.size());
  }
  return body;
}

}  // namespace

std::string PemEncode(std::string_view label, ByteView der) {
  std::string out;
  Encode(out, label, der);
  return out;
}

SecretBuffer PemEncodeSecret(std::string_view label, ByteView der) {
  SecretBuffer out;
  Encode(out, label, der);
  return out;
}

std::vector<PemBlock> PemDecode(std::string_view text) {
  std::vector<PemBlock> blocks;
  while (true) {
    const std::size_t begin = text.find(kBegin);
    if (begin == std::string_view::npos) return blocks;
    const bool line_start = begin == 0 || text[begin - 1] == '\n';
    text.remove_prefix(begin + kBegin.size());
    if (!line_start) continue;
    const std::size_t line_end = text.find('\n');
    if (line_end == std::string_view::npos) return blocks;
    std::string_view label = text.substr(0, line_end);
    while (!label.empty() && (label.back() == '\r' || label.back() == ' ' || label.back() == '\t'))
      label.remove_suffix(1);
    if (!label.ends_with(kDashes)) continue;
    label.remove_suffix(kDashes.size());
    const std::string end = std::string(kEnd) + std::string(label) + std::string(kDashes);
    const std::size_t stop = text.find(end, line_end);
    if (stop == std::string_view::npos) continue;
    PemBlock block{std::string(label), {}};
    if (DecodeBody(SkipHeaders(text.substr(line_end + 1, stop - line_end - 1)), block.bytes)) {
      blocks.push_back(std::move(block));
      text.remove_prefix(stop + end.size());
    }
  }
}

}  // namespace steelie
