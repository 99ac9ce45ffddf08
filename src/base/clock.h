#pragma once

#include <chrono>
#include <string>

namespace steelie {

/// Wall-clock instants. System time is the host's and therefore untrusted; see docs/threat-model.md.
using Instant = std::chrono::sys_time<std::chrono::nanoseconds>;

/// Instants of certificates: whole seconds, since their lifetimes (about 292 years) leave the range of Instant.
using CertificateTime = std::chrono::sys_seconds;

/// Where time enters. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant Now() const = 0;
};

/// The host's clock.
class SystemClock final : public Clock {
 public:
  Instant Now() const override;
};

/// RFC 3339 in UTC with nanoseconds, trailing zeros of the fraction removed: `2026-05-04T07:08:09.01Z`.
std::string FormatRfc3339(Instant t);
/// ISO 8601 in UTC with milliseconds: `2026-05-04T07:08:09.010Z`.
std::string FormatMillis(Instant t);

}  // namespace steelie
