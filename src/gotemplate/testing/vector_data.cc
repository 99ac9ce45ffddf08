#include "gotemplate/testing/vector_data.h"

#include <algorithm>

namespace steelie::gotemplate::testing {

void VectorData::Load(const nlohmann::json& from, Stored* to) {
  const auto bytes = [&from](const char* name) {
    const nlohmann::json& text = from.at(name);
    return text.is_null() ? Bytes() : Base64Decode(text.get<std::string>()).value_or(Bytes());
  };
  to->cert = bytes("Cert");
  to->private_half = bytes("Private");
  to->public_half = bytes("Public");
  to->value.type = from.at("Type").get<std::string>();
  to->value.size = from.at("Size").get<std::uint64_t>();
  to->value.shared = from.at("Shared").get<bool>();
  to->value.user_defined = from.at("UserDefined").get<bool>();
  to->value.valid_for = from.at("ValidFor").get<std::uint64_t>();
  to->value.cert = to->cert;
  to->value.private_half = to->private_half;
  to->value.public_half = to->public_half;
}

VectorData::VectorData(const nlohmann::json& root) {
  const nlohmann::json& reserved = root.at("MarbleRun");
  Load(reserved.at("RootCA"), &reserved_[Reserved::kRootCa]);
  Load(reserved.at("MarbleCert"), &reserved_[Reserved::kMarbleCert]);
  Load(reserved.at("CoordinatorRoot"), &reserved_[Reserved::kCoordinatorRoot]);
  Load(reserved.at("CoordinatorIntermediate"), &reserved_[Reserved::kCoordinatorIntermediate]);
  Stored& seal_key = reserved_[Reserved::kSealKey];
  seal_key.public_half = Bytes(32, 0x5a);
  seal_key.value.type = "symmetric-key";
  seal_key.value.private_half = seal_key.public_half;
  seal_key.value.public_half = seal_key.public_half;
  for (const auto& [name, secret] : root.at("Secrets").items()) Load(secret, &current_[name]);
  for (const auto& [name, secret] : root.at("Previous").at("Secrets").items()) Load(secret, &previous_[name]);
}

const SecretValue& VectorData::GetReserved(Reserved which) const {
  if (which == Reserved::kMarbleCert) touched_.marble_cert = true;
  if (which == Reserved::kSealKey) touched_.seal_key = true;
  return reserved_.at(which).value;
}

const SecretValue* VectorData::Find(Generation generation, std::string_view name) const {
  const bool current = generation == Generation::kCurrent;
  (current ? touched_.current : touched_.previous).emplace(name);
  const Secrets& secrets = current ? current_ : previous_;
  const auto at = secrets.find(name);
  return at == secrets.end() ? nullptr : &at->second.value;
}

std::vector<std::string> VectorData::Names(Generation generation) const {
  const bool current = generation == Generation::kCurrent;
  (current ? touched_.names_current : touched_.names_previous) = true;
  std::vector<std::string> out;
  for (const auto& [name, secret] : current ? current_ : previous_) out.push_back(name);
  return out;
}

bool Covers(const References& references, const Touched& touched) {
  const auto covers = [](bool all, const auto& named, bool names, const std::set<std::string>& found) {
    return all || (!names && std::includes(named.begin(), named.end(), found.begin(), found.end()));
  };
  return covers(references.all_current, references.current, touched.names_current, touched.current) &&
         covers(references.all_previous, references.previous, touched.names_previous, touched.previous) &&
         (references.marble_cert || !touched.marble_cert) && (references.seal_key || !touched.seal_key);
}

}  // namespace steelie::gotemplate::testing
