#include "api/grpc/call_log.h"

namespace steelie::api::grpc {
namespace {

constexpr std::size_t kMaxName = 64;

struct Name {
  std::string_view service, method;
};

// `/service/method`.
Name Split(std::string_view path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {"", path.substr(0, kMaxName)};
  return {path.substr(0, slash).substr(0, kMaxName), path.substr(slash + 1).substr(0, kMaxName)};
}

}  // namespace

void CallLog::Finished(const Call& call, const Error* error, RateLimit::Time now) {
  std::uint64_t left_out = 0;
  if (error != nullptr) {
    const auto taken = refusals_.Take(now);
    if (!taken) return;
    left_out = *taken;
  }
  const Name name = Split(call.path);
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(call.duration).count();
  std::vector<LogField> fields = {{"protocol", "grpc"},
                                  {"grpc.service", name.service},
                                  {"grpc.method", name.method},
                                  {"grpc.method_type", "unary"},
                                  {"peer.address", call.peer},
                                  {"grpc.code", error != nullptr ? CodeName(error->code()) : "OK"},
                                  {"grpc.time_us", std::int64_t{microseconds}}};
  if (error != nullptr) fields.emplace_back("reason", error->reason());
  if (left_out > 0) fields.emplace_back("left_out", left_out);
  logger_.Info("finished call", std::move(fields));
}

}  // namespace steelie::api::grpc
