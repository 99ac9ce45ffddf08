#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace steelie::client {

/// A plan of an update, as read from its JSON form.
struct PlanReport {
  std::string text;  // for people, several lines
  bool loosens = false;
  bool locks_out = false;     // nobody can do something any more that somebody had to be able to
  std::uint64_t refused = 0;  // recorded marbles that the update shuts out; not those that are shut out already
};

/// Reads the JSON of a plan (hostile: it may come from a Coordinator). `offline`: there is no fleet to speak of.
/// Errors: kInvalidArgument `client.json`.
Result<PlanReport> ReadPlan(std::string_view plan_json, bool offline);

}  // namespace steelie::client
