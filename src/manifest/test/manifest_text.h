#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "manifest/json.h"
#include "manifest/problem.h"
#include "manifest/test/pem_data.h"

namespace steelie::manifest {

inline constexpr std::string_view kHex64 = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF";

/// A document written with abbreviations and a mark `^` for the place of the expected problem. `$P` and `$M` are valid
/// sections `Packages` (package p) and `Marbles` (marble m), `$H` is an id of 64 hex digits, `$G` one of 96, `$A` and
/// `$B` are user certificates, `$R` a recovery key.
class MarkedText {
 public:
  explicit MarkedText(std::string_view text) {
    const std::map<char, std::string> parts = {
        {'P', R"("Packages": {"p": {"UniqueID": ")" + std::string(kHex64) + R"("}})"},
        {'M', R"("Marbles": {"m": {"Package": "p", "CertificateValidity": 90}})"},
        {'H', std::string(kHex64)},
        {'G', std::string(kHex64) + std::string(kHex64.substr(0, 32))},
        {'A', InJson(kAlicePem)},
        {'B', InJson(kBobPem)},
        {'R', InJson(kRsaPem)},
        {'S', InJson(kRsa1024Pem)},
        {'Q', InJson(kRsaPkcs1Pem)},
        {'E', InJson(kEcPem)},
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '^') {
        mark_ = text_.size();
      } else if (text[i] == '$' && i + 1 < text.size() && parts.contains(text[i + 1])) {
        text_ += parts.at(text[++i]);
      } else {
        text_ += text[i];
      }
    }
  }

  ByteView bytes() const { return AsBytes(text_); }
  const std::string& text() const { return text_; }
  Position mark() const { return PositionCounter(bytes()).At(mark_); }

 private:
  std::string text_;
  std::size_t mark_ = 0;
};

}  // namespace steelie::manifest
