#pragma once

#include <string>
#include <string_view>

namespace steelie {

/// Canonical codes, the set that gRPC uses, so that one table per transport maps them outward.
enum class Code {
  kCancelled,
  kUnknown,
  kInvalidArgument,
  kDeadlineExceeded,
  kNotFound,
  kAlreadyExists,
  kPermissionDenied,
  kResourceExhausted,
  kFailedPrecondition,
  kAborted,
  kOutOfRange,
  kUnimplemented,
  kInternal,
  kUnavailable,
  kDataLoss,
  kUnauthenticated,
};

/// The code's name as gRPC writes it, for instance "InvalidArgument".
std::string_view CodeName(Code code);

/// Why something was refused or failed.
///
/// `reason` is a stable identifier such as `manifest.package.unknown`: tests, documents and clients match on it. It is
/// lower-case words separated by dots and never contains input. `message` is for a person: what was expected, what was
/// seen, how to mend it. It may quote bounded input, never a secret.
class Error {
 public:
  Error(Code code, std::string reason, std::string message)
      : code_(code), reason_(std::move(reason)), message_(std::move(message)) {}

  Code code() const { return code_; }
  const std::string& reason() const { return reason_; }
  const std::string& message() const { return message_; }

  /// The same error with `context: ` before its message. For module borders only.
  Error WithContext(std::string_view context) const;

  /// `reason: message`, for logs.
  std::string ToString() const;

 private:
  Code code_;
  std::string reason_;
  std::string message_;
};

}  // namespace steelie
