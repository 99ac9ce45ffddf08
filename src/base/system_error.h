#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace steelie {

/// An Error for a failed system call on files, by errno: `area.full` (kResourceExhausted), `area.unreadable` for no
/// access (kUnavailable), else `area.io` (kDataLoss). `what` names operation and file.
Error SystemError(int error, std::string_view area, const std::string& what);

}  // namespace steelie
