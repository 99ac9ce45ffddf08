#pragma once

#include <nlohmann/json_fwd.hpp>

#include "control/plan.h"

namespace steelie::control {

/// A plan as the client API answers it and `steelie manifest diff --json` prints it: docs/rest-api.md, "Plan". Names
/// that are no UTF-8 are made so.
nlohmann::json PlanToJson(const UpdatePlan& plan);

}  // namespace steelie::control
