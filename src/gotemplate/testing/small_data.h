#pragma once

#include <map>
#include <string>
#include <utility>

#include "gotemplate/template.h"

namespace steelie::gotemplate::testing {

/// A root value that owns what is put into it, for tests that need only a few secrets. Reserved secrets have the DER
/// `A`, which is no certificate, and the halves given.
class SmallData final : public Data {
 public:
  void Add(const std::string& name, const std::string& type, std::string_view value) {
    Stored& stored = secrets_[name];
    stored.bytes = ToBytes(value);
    stored.value.type = type;
    stored.value.size = 8 * value.size();
    stored.value.public_half = stored.bytes;
    stored.value.private_half = stored.bytes;
  }

  const SecretValue& GetReserved(Reserved which) const override {
    return which == Reserved::kSealKey ? seal_key_ : reserved_;
  }
  const SecretValue* Find(Generation, std::string_view name) const override {
    const auto at = secrets_.find(name);
    return at == secrets_.end() ? nullptr : &at->second.value;
  }
  std::vector<std::string> Names(Generation) const override {
    std::vector<std::string> out;
    for (const auto& [name, secret] : secrets_) out.push_back(name);
    return out;
  }

 private:
  struct Stored {
    Bytes bytes;
    SecretValue value;
  };

  static SecretValue Dummy(ByteView cert, ByteView half) {
    SecretValue out;
    out.cert = cert;
    out.private_half = half;
    out.public_half = half;
    return out;
  }

  const Bytes dummy_ = {0x41};
  const Bytes seal_bytes_ = Bytes(32, 0x5e);
  const SecretValue reserved_ = Dummy(dummy_, dummy_);
  const SecretValue seal_key_ = Dummy({}, seal_bytes_);
  std::map<std::string, Stored, std::less<>> secrets_;
};

}  // namespace steelie::gotemplate::testing
