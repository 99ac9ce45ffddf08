#include <nlohmann/json.hpp>

#include "api/rest/envelope.h"
#include "api/rest/handlers.h"
#include "api/rest/json_body.h"

// The floor of time. All times are Unix seconds.
namespace steelie::api::rest {
namespace {

// The last second that fits into nanoseconds.
constexpr std::uint64_t kLastSecond = 9'223'372'036;

// The floor is rounded up: it is never below what is said.
std::int64_t SecondsUp(Instant t) { return std::chrono::ceil<std::chrono::seconds>(t).time_since_epoch().count(); }
std::int64_t Seconds(Instant t) { return std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count(); }

Response Answer(const control::TimeFloorView& view) {
  return Success(
      {{"floor", SecondsUp(view.floor)}, {"lowest", SecondsUp(view.lowest)}, {"clock", Seconds(view.clock)}});
}

Result<Instant> FloorOf(const Request& request) {
  STEELIE_TRY(const nlohmann::json body, ParseFirstValue(request.body));
  STEELIE_TRY(const std::uint64_t seconds, UnsignedMember(body, "floor"));
  if (seconds == 0 || seconds > kLastSecond) {
    return Error(
        Code::kInvalidArgument, "request.json",
        "`floor` must be the time to lower the floor to, in Unix seconds from 1 to " + std::to_string(kLastSecond));
  }
  return Instant(std::chrono::seconds(seconds));
}

}  // namespace

Response GetTimeFloor(control::Coordinator& coordinator, const Request&) { return Answer(coordinator.GetTimeFloor()); }

Response LowerTimeFloor(control::Coordinator& coordinator, const Request& request) {
  if (const Status user = coordinator.RequireUser(request.caller); !user) return ErrorV2(user.error());
  const auto floor = FloorOf(request);
  if (!floor) return ErrorV2(floor.error());
  const auto lowered = coordinator.LowerTimeFloor(request.caller, *floor);
  return lowered ? Answer(*lowered) : ErrorV2(lowered.error());
}

}  // namespace steelie::api::rest
