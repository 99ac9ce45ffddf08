#pragma once

#include <string>
#include <vector>

namespace steelie {

/// Makes the memory of this process harder to read from outside: no core dumps, not traceable by other processes of the
/// user, no swapping where the memory-lock limit allows it, files private by default (umask 077).
///
/// Call first in main(), before a secret exists. Returns what could not be done, one sentence each, for the log: on a
/// small memory-lock limit locking is skipped, everything else is expected to work on Linux.
std::vector<std::string> HardenProcess();

/// Gives back what a program started with exec would inherit: the limit of core dumps and the umask, as they were
/// before HardenProcess. The rest ends with exec by itself. Call right before exec; does nothing if HardenProcess has
/// not run.
void RestoreInheritedLimits();

}  // namespace steelie
