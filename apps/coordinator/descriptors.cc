#include "descriptors.h"

#include <sys/resource.h>

#include <algorithm>

namespace steelie::coordinator {
namespace {

constexpr std::size_t kHeadroom = 256;
constexpr std::size_t kMostConnections = 10'000;
constexpr std::size_t kFewestConnections = 16;
// More is of no use.
constexpr rlim_t kWanted = 2 * kMostConnections + kHeadroom;

}  // namespace

Descriptors Divide(std::size_t limit) {
  const std::size_t left = limit > kHeadroom ? limit - kHeadroom : 0;
  return {limit, std::clamp(left / 2, kFewestConnections, kMostConnections)};
}

Descriptors RaiseDescriptorLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return Divide(0);
  if (limit.rlim_cur < kWanted && limit.rlim_cur < limit.rlim_max) {
    rlimit raised = limit;
    raised.rlim_cur = std::min(limit.rlim_max, kWanted);
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  return Divide(static_cast<std::size_t>(std::min(limit.rlim_cur, kWanted)));
}

}  // namespace steelie::coordinator
