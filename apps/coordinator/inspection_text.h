#pragma once

#include <string>

#include "backup/inspect.h"

namespace steelie::coordinator {

/// For people: one fact a line.
std::string InspectionText(const backup::Inspection& inspection);
/// For programs; docs/operations.md names the members.
std::string InspectionJson(const backup::Inspection& inspection);
/// `sound`, `damaged`, or `empty` if no ledger was ever written.
std::string_view VerdictOf(const backup::Inspection& inspection);

}  // namespace steelie::coordinator
