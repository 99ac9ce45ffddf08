#pragma once

#include <cstddef>

namespace steelie::coordinator {

/// How many files and connections this process may have open, and how they are divided.
struct Descriptors {
  std::size_t limit = 0;
  std::size_t connections = 0;  // for each of the two APIs
};

/// Raises the soft limit to the hard one as far as that is of use, and leaves room for the ledger, the monitoring
/// listener and what libraries open.
Descriptors RaiseDescriptorLimit();
/// The division for a limit.
Descriptors Divide(std::size_t limit);

}  // namespace steelie::coordinator
