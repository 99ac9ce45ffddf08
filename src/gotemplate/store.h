#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "gotemplate/value.h"

namespace steelie::gotemplate {

/// An error of the template or its data while it is executed, kInvalidArgument `template.exec`.
Error ExecutionError(std::string message);
/// kResourceExhausted `template.limit`.
Error LimitError(std::string message);

/// What one execution has made and what it may still spend. Strings live until the execution ends, in wiped memory;
/// their sizes and that of the output together are bounded by Limits::max_output.
class Store {
 public:
  Store(const Data& data, const Limits& limits) : data_(data), limits_(limits) {}
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  const Data& data() const { return data_; }
  const Limits& limits() const { return limits_; }

  /// Accounts for work. The inlined form is for single steps.
  Status Spend(std::uint64_t steps);
  bool SpendOne() { return ++steps_ <= limits_.max_steps; }
  /// Accounts for bytes that are about to be kept or put out.
  Status Charge(std::size_t bytes);
  /// How many bytes may still be charged.
  std::size_t left() const { return limits_.max_output - charged_; }

  /// Keeps a string that has already been charged for.
  Value Keep(SecretBuffer text);
  /// Keeps public text made by the engine itself, not charged for.
  std::string_view KeepText(std::string text);
  const Record* Keep(Record record);
  /// `capacity` counts like the spare room of a list that grew by appending.
  Value KeepList(Type element, std::vector<Value> values);

  /// The names of a generation, looked up once.
  const std::vector<std::string>& Names(Generation generation);
  /// The fields of a certificate, parsed once.
  const Record& CertificateFields(ByteView der);

 private:
  const Data& data_;
  const Limits limits_;
  std::uint64_t steps_ = 0;
  std::size_t charged_ = 0;
  std::deque<SecretBuffer> buffers_;
  std::deque<std::string> texts_;
  std::deque<Record> records_;
  std::deque<std::vector<Value>> lists_;
  std::vector<std::string> names_[2];
  bool has_names_[2] = {false, false};
  std::vector<std::pair<ByteView, const Record*>> certificates_;
};

}  // namespace steelie::gotemplate
