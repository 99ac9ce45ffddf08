#pragma once

#include <functional>
#include <memory>
#include <string>

#include "api/grpc/server.h"
#include "api/rest/message.h"
#include "control/coordinator.h"
#include "control/observer.h"

namespace steelie::api::monitoring {

/// Counters and the event log of the monitoring listener. Thread-safe, never blocks for long.
///
/// What strangers send becomes labels, so labels are bounded: the newest 1,000 series by UUID, then `other`; the first
/// 100 types that the manifest does not define, then `other`. The event log keeps the last 1,000 events.
class Metrics final : public control::Observer, public grpc::CallCounter {
 public:
  Metrics(std::string_view version, std::string_view commit);
  ~Metrics() override;

  /// Asked at every scrape, once the Coordinator runs.
  void SetSources(std::function<int()> state, std::function<bool(std::string_view)> type_is_known);

  void ActivationAttempted(std::string_view marble_type, std::string_view uuid) override;
  void ActivationSucceeded(std::string_view marble_type, std::string_view uuid, ByteView evidence,
                           Instant time) override;

  void CallStarted() override;
  void CallFinished(Code code, bool ok) override;

  void RequestStarted(std::string_view path);
  void RequestFinished(std::string_view path, const rest::Request& request, const rest::Response& response,
                       std::chrono::nanoseconds duration);

  /// A request that was refused before it was read whole.
  void RequestRefused(std::string_view path, std::string_view method, int status);

  /// Text exposition format of Prometheus.
  std::string Exposition() const;
  /// JSON array of activation events, `null` before the first.
  std::string Events() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// `/metrics`, `/events`, `/readyz`; anything else is 404.
rest::Response HandleMonitoring(const Metrics& metrics, const control::Coordinator& coordinator,
                                const rest::Request& request);

}  // namespace steelie::api::monitoring
