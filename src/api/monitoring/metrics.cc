#include "api/monitoring/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "base/mutex.h"

namespace steelie::api::monitoring {
namespace {

constexpr std::size_t kMaxSeries = 1'000;
constexpr std::size_t kMaxEvents = 1'000;
constexpr std::size_t kMaxUnknownTypes = 100;
constexpr const char* kOther = "other";
const prometheus::Histogram::BucketBoundaries kSeconds = {0.005, 0.025, 0.1, 0.5, 1, 2.5, 5};
const prometheus::Histogram::BucketBoundaries kSizes = {100, 1000, 2000, 5000, 10000};

/// A counter by marble type and UUID, with the newest series only.
class SeriesCounter {
 public:
  SeriesCounter(prometheus::Registry& registry, const std::string& name, const std::string& help)
      : family_(prometheus::BuildCounter().Name(name).Help(help).Register(registry)) {}

  void Increment(const std::string& type, const std::string& uuid) {
    MutexLock lock(mutex_);
    if (uuid == kOther) {  // as sent by a marble: it joins the sum of those that were retired
      family_.Add({{"type", type}, {"uuid", kOther}}).Increment();
      return;
    }
    const auto key = std::make_pair(type, uuid);
    auto at = series_.find(key);
    if (at == series_.end()) {
      if (order_.size() >= kMaxSeries) Retire();
      at = series_.emplace(key, &family_.Add({{"type", type}, {"uuid", uuid}})).first;
      order_.push_back(key);
    }
    at->second->Increment();
  }

 private:
  using Key = std::pair<std::string, std::string>;

  // The oldest series flows into `other`, so that sums stay right.
  void Retire() STEELIE_REQUIRES(mutex_) {
    const Key oldest = order_.front();
    order_.pop_front();
    const auto at = series_.find(oldest);
    family_.Add({{"type", oldest.first}, {"uuid", kOther}}).Increment(at->second->Value());
    family_.Remove(at->second);
    series_.erase(at);
  }

  prometheus::Family<prometheus::Counter>& family_;
  Mutex mutex_;
  std::map<Key, prometheus::Counter*> series_ STEELIE_GUARDED_BY(mutex_);
  std::deque<Key> order_ STEELIE_GUARDED_BY(mutex_);
};

// At most `max` bytes, never half a character: one broken label makes a collector refuse the whole page.
std::string_view Cut(std::string_view text, std::size_t max) {
  if (text.size() <= max) return text;
  while (max > 0 && (static_cast<unsigned char>(text[max]) & 0xc0U) == 0x80) --max;
  return text.substr(0, max);
}

std::string JsonString(std::string_view text) {
  std::string out = "\"";
  for (const char c : Cut(text, 1024)) {
    if (c == '"' || c == '\\') out.push_back('\\');
    if (static_cast<unsigned char>(c) >= 0x20) out.push_back(c);
  }
  return out + "\"";
}

}  // namespace

namespace {

std::string MethodLabel(std::string_view method) {
  return method == "GET" ? "get" : method == "POST" ? "post" : "other";
}

}  // namespace

struct Metrics::Impl {
  mutable Mutex mutex;
  std::function<int()> state STEELIE_GUARDED_BY(mutex);
  std::function<bool(std::string_view)> known STEELIE_GUARDED_BY(mutex);
  std::deque<std::string> events STEELIE_GUARDED_BY(mutex);
  std::set<std::string> unknown_types STEELIE_GUARDED_BY(mutex);

  prometheus::Registry registry;
  prometheus::Gauge* state_gauge = nullptr;
  std::unique_ptr<SeriesCounter> attempts, successes;
  prometheus::Counter *started = nullptr, *received = nullptr, *sent = nullptr;
  std::map<std::string, prometheus::Counter*> handled;
  prometheus::Family<prometheus::Counter>* requests = nullptr;
  prometheus::Family<prometheus::Histogram>*durations = nullptr, *request_sizes = nullptr, *response_sizes = nullptr;
  prometheus::Family<prometheus::Gauge>* in_flight = nullptr;
  // Of the page itself.
  std::map<int, prometheus::Counter*> scrapes;
  prometheus::Gauge* scrapes_in_flight = nullptr;

  std::string TypeLabel(std::string_view type) {
    MutexLock lock(mutex);
    if (known && known(type)) return std::string(type);
    std::string name(Cut(type, 128));
    if (unknown_types.contains(name)) return name;
    if (unknown_types.size() >= kMaxUnknownTypes) return "other";
    unknown_types.insert(name);
    return name;
  }
};

Metrics::Metrics(std::string_view version, std::string_view commit) : impl_(std::make_unique<Impl>()) {
  auto& registry = impl_->registry;
  prometheus::BuildGauge()
      .Name("coordinator_version_info")
      .Help("Version information of the Coordinator.")
      .Register(registry)
      .Add({{"version", std::string(version)}, {"commit", std::string(commit)}});
  impl_->state_gauge =
      &prometheus::BuildGauge().Name("coordinator_state").Help("State of the Coordinator.").Register(registry).Add({});
  impl_->attempts = std::make_unique<SeriesCounter>(registry, "coordinator_marble_activations_total",
                                                    "Attempted activations of marbles.");
  impl_->successes = std::make_unique<SeriesCounter>(registry, "coordinator_marble_activations_success_total",
                                                     "Successful activations of marbles.");
  const prometheus::Labels call = {{"grpc_type", "unary"}, {"grpc_service", "rpc.Marble"}, {"grpc_method", "Activate"}};
  const auto grpc_counter = [&](const char* name, const char* help) {
    return &prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add(call);
  };
  impl_->started = grpc_counter("grpc_server_started_total", "Calls started on the marble API.");
  impl_->received = grpc_counter("grpc_server_msg_received_total", "Messages received on the marble API.");
  impl_->sent = grpc_counter("grpc_server_msg_sent_total", "Messages sent on the marble API.");
  auto& handled = prometheus::BuildCounter()
                      .Name("grpc_server_handled_total")
                      .Help("Calls completed on the marble API.")
                      .Register(registry);
  for (int code = -1; code <= static_cast<int>(Code::kUnauthenticated); ++code) {
    const std::string name = code < 0 ? "OK" : std::string(CodeName(static_cast<Code>(code)));
    prometheus::Labels labels = call;
    labels["grpc_code"] = name;
    impl_->handled[name] = &handled.Add(labels);
  }
  const std::string prefix = "server_client_api_http_";
  impl_->requests =
      &prometheus::BuildCounter().Name(prefix + "request_total").Help("Requests to the client API.").Register(registry);
  const auto histogram = [&](const char* name, const char* help) {
    return &prometheus::BuildHistogram().Name(prefix + name).Help(help).Register(registry);
  };
  impl_->durations = histogram("request_duration_histogram_seconds", "Duration of requests.");
  impl_->request_sizes = histogram("request_size_histogram_bytes", "Size of requests.");
  impl_->response_sizes = histogram("response_size_histogram_bytes", "Size of responses.");
  impl_->in_flight =
      &prometheus::BuildGauge().Name(prefix + "in_flight_requests").Help("Requests being served.").Register(registry);
  auto& scrapes = prometheus::BuildCounter()
                      .Name("promhttp_metric_handler_requests_total")
                      .Help("Total number of scrapes by HTTP status code.")
                      .Register(registry);
  for (const int code : {200, 500, 503}) impl_->scrapes[code] = &scrapes.Add({{"code", std::to_string(code)}});
  impl_->scrapes_in_flight = &prometheus::BuildGauge()
                                  .Name("promhttp_metric_handler_requests_in_flight")
                                  .Help("Current number of scrapes being served.")
                                  .Register(registry)
                                  .Add({});
  auto& errors = prometheus::BuildCounter()
                     .Name("promhttp_metric_handler_errors_total")
                     .Help("Total number of internal errors encountered by the metrics handler.")
                     .Register(registry);
  for (const char* cause : {"encoding", "gathering"}) errors.Add({{"cause", cause}});
}

Metrics::~Metrics() = default;

void Metrics::SetSources(std::function<int()> state, std::function<bool(std::string_view)> type_is_known) {
  MutexLock lock(impl_->mutex);
  impl_->state = std::move(state);
  impl_->known = std::move(type_is_known);
}

void Metrics::ActivationAttempted(std::string_view marble_type, std::string_view uuid) {
  impl_->attempts->Increment(impl_->TypeLabel(marble_type), std::string(Cut(uuid, 64)));
}

void Metrics::ActivationSucceeded(std::string_view marble_type, std::string_view uuid, ByteView evidence,
                                  Instant time) {
  impl_->successes->Increment(impl_->TypeLabel(marble_type), std::string(Cut(uuid, 64)));
  std::string event = "{\"time\":\"" + FormatRfc3339(time) +
                      "\",\"activation\":{\"marbleType\":" + JsonString(marble_type) + ",\"uuid\":" + JsonString(uuid) +
                      ",\"quote\":" + (evidence.empty() ? "null" : "\"" + Base64Encode(evidence) + "\"") + "}}";
  MutexLock lock(impl_->mutex);
  impl_->events.push_back(std::move(event));
  if (impl_->events.size() > kMaxEvents) impl_->events.pop_front();
}

void Metrics::CallStarted() {
  impl_->started->Increment();
  impl_->received->Increment();
}

void Metrics::CallFinished(Code code, bool ok) {
  impl_->handled.at(ok ? "OK" : std::string(CodeName(code)))->Increment();
  if (ok) impl_->sent->Increment();
}

void Metrics::RequestRefused(std::string_view path, std::string_view method, int status) {
  if (path.empty()) return;
  impl_->requests->Add({{"path", std::string(path)}, {"code", std::to_string(status)}, {"method", MethodLabel(method)}})
      .Increment();
}

void Metrics::RequestStarted(std::string_view path) {
  if (!path.empty()) impl_->in_flight->Add({{"path", std::string(path)}}).Increment();
}

void Metrics::RequestFinished(std::string_view path, const rest::Request& request, const rest::Response& response,
                              std::chrono::nanoseconds duration) {
  if (path.empty()) return;  // labels come from the registered paths only
  const std::string name(path);
  impl_->in_flight->Add({{"path", name}}).Decrement();
  const std::string method = MethodLabel(request.method);
  RequestRefused(path, request.method, response.status);
  impl_->durations->Add({{"path", name}, {"method", method}}, kSeconds)
      .Observe(std::chrono::duration<double>(duration).count());
  impl_->request_sizes->Add({{"path", name}}, kSizes).Observe(static_cast<double>(request.body.size()));
  impl_->response_sizes->Add({{"path", name}}, kSizes).Observe(static_cast<double>(response.body.size()));
}

std::string Metrics::Exposition() const {
  std::function<int()> state;
  {
    MutexLock lock(impl_->mutex);
    state = impl_->state;
  }
  impl_->state_gauge->Set(state ? state() : 0);
  impl_->scrapes_in_flight->Increment();
  std::string page = prometheus::TextSerializer().Serialize(impl_->registry.Collect());
  impl_->scrapes_in_flight->Decrement();
  impl_->scrapes.at(200)->Increment();  // counted after the page is made, as the handler of the reference does
  return page;
}

std::string Metrics::Events() const {
  MutexLock lock(impl_->mutex);
  if (impl_->events.empty()) return "null";
  std::string out = "[";
  for (const std::string& event : impl_->events) out += (out.size() > 1 ? "," : "") + event;
  return out + "]";
}

rest::Response HandleMonitoring(const Metrics& metrics, const control::Coordinator& coordinator,
                                const rest::Request& request) {
  rest::Response response;
  if (request.target == "/metrics") {
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = metrics.Exposition();
  } else if (request.target == "/events") {
    response.body = metrics.Events();
  } else if (request.target == "/readyz") {
    // Ready means: a marble that starts now is served. Waiting for a manifest or for recovery is alive, not ready.
    const control::StatusView status = coordinator.GetStatus();
    const bool ready = status.phase == control::Phase::kAcceptingMarbles;
    response.status = ready ? 200 : 503;
    response.content_type = "text/plain; charset=utf-8";
    response.body = status.message + "\n";
  } else {
    response.status = 404;
    response.content_type = "text/plain; charset=utf-8";
    response.body = "404 page not found\n";
  }
  return response;
}

}  // namespace steelie::api::monitoring
