#include "gotemplate/store.h"

#include <bit>

#include "gotemplate/certificate.h"

namespace steelie::gotemplate {

Error ExecutionError(std::string message) { return Error(Code::kInvalidArgument, "template.exec", std::move(message)); }

Error LimitError(std::string message) { return Error(Code::kResourceExhausted, "template.limit", std::move(message)); }

Status Store::Spend(std::uint64_t steps) {
  steps_ += steps;
  if (steps_ > limits_.max_steps) return LimitError("the template takes too many steps");
  return Ok();
}

Status Store::Charge(std::size_t bytes) {
  if (bytes > left()) return LimitError("the template makes too much output");
  charged_ += bytes;
  return Ok();
}

Value Store::Keep(SecretBuffer text) {
  buffers_.push_back(std::move(text));
  return Value::ByteList(Type::kString, buffers_.back());
}

std::string_view Store::KeepText(std::string text) {
  texts_.push_back(std::move(text));
  return texts_.back();
}

const Record* Store::Keep(Record record) {
  records_.push_back(std::move(record));
  return &records_.back();
}

Value Store::KeepList(Type element, std::vector<Value> values) {
  Value out = Value::OfType(Type::kList);
  out.element = element;
  if (values.empty()) return out;
  out.size = values.size();
  out.capacity = std::bit_ceil(out.size);
  Value zero = Value::OfType(element);
  if (element == Type::kString || IsByteList(element)) zero.data = nullptr;
  values.resize(out.capacity, zero);
  lists_.push_back(std::move(values));
  out.object = lists_.back().data();
  return out;
}

const std::vector<std::string>& Store::Names(Generation generation) {
  const auto i = static_cast<std::size_t>(generation);
  if (!has_names_[i]) {
    names_[i] = data_.Names(generation);
    has_names_[i] = true;
  }
  return names_[i];
}

const Record& Store::CertificateFields(ByteView der) {
  for (const auto& [known, record] : certificates_) {
    if (known.data() == der.data() && known.size() == der.size()) return *record;
  }
  const Record* record = Keep(ParseCertificateFields(der, *this));
  certificates_.emplace_back(der, record);
  return *record;
}

}  // namespace steelie::gotemplate
