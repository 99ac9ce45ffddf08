#include <algorithm>

#include "control/coordinator_impl.h"

namespace steelie::control {
namespace {

Status RequireLower(const State& state, const CoordinatorOptions& options, Instant floor) {
  if (floor < options.build_time) {
    return Error(Code::kInvalidArgument, "time.below_build",
                 "the floor of time cannot be lowered to " + FormatMillis(floor) +
                     ": this program was built later. The lowest possible floor is " +
                     FormatMillis(options.build_time));
  }
  if (floor < state.last_event) return Ok();
  return Error(Code::kFailedPrecondition, "time.not_lower",
               "the floor of time can only be lowered: it is " + FormatMillis(state.last_event) + ", " +
                   FormatMillis(floor) + " is not below it");
}

Result<TimeFloorView> Lower(const Coordinator::Impl& impl, const Caller& caller, Instant floor) {
  const auto view = impl.View();
  STEELIE_TRY(const KnownUser* user, Authenticate(*view, caller));
  if (!Authorised(*user, manifest::Action::kUpdateManifest, {})) {
    return RefuseUser(impl, *user, "lower time floor",
                      "lower the floor of time: that takes the right to update the manifest");
  }
  const Instant before = view->last_event;
  const auto decide = [&](const State& state) -> Result<std::vector<EventBody>> {
    if (state.deployment != view->deployment) {
      return Error(Code::kAborted, "state.changed", "the deployment changed in the meantime: try again");
    }
    STEELIE_CHECK_OK(RequireLower(state, impl.options, floor));
    return Just(TimeFloorLowered{user->name, floor});
  };
  STEELIE_CHECK_OK(impl.journal->Commit(decide));
  impl.deps.logger.Warn("The floor of time was lowered",
                        {{"user", user->name}, {"from", FormatMillis(before)}, {"to", FormatMillis(floor)}});
  return TimeFloorView{std::max(floor, impl.options.build_time), impl.options.build_time, impl.deps.clock.Now()};
}

}  // namespace

TimeFloorView Coordinator::GetTimeFloor() const {
  const Instant lowest = impl_->options.build_time;
  return {std::max(impl_->View()->last_event, lowest), lowest, impl_->deps.clock.Now()};
}

Result<TimeFloorView> Coordinator::LowerTimeFloor(const Caller& caller, Instant floor) {
  return RetryIfChanged([&] { return Lower(*impl_, caller, floor); });
}

}  // namespace steelie::control
