#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "gotemplate/template.h"

namespace steelie::gotemplate::testing {

/// What an execution has asked its Data for.
struct Touched {
  bool names_current = false;
  bool names_previous = false;
  std::set<std::string> current;
  std::set<std::string> previous;
  bool marble_cert = false;
  bool seal_key = false;
};

/// The root value that the vectors were made with, recording what is looked at.
class VectorData final : public Data {
 public:
  explicit VectorData(const nlohmann::json& root);

  const SecretValue& GetReserved(Reserved which) const override;
  const SecretValue* Find(Generation generation, std::string_view name) const override;
  std::vector<std::string> Names(Generation generation) const override;

  const Touched& touched() const { return touched_; }
  void ForgetTouched() const { touched_ = {}; }

 private:
  struct Stored {
    Bytes cert, private_half, public_half;
    SecretValue value;
  };
  using Secrets = std::map<std::string, Stored, std::less<>>;

  static void Load(const nlohmann::json& from, Stored* to);

  std::map<Reserved, Stored> reserved_;
  Secrets current_;
  Secrets previous_;
  mutable Touched touched_;
};

/// Whether the references cover all that was touched.
bool Covers(const References& references, const Touched& touched);

}  // namespace steelie::gotemplate::testing
