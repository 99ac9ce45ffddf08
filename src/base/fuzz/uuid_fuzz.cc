#include "base/bytes.h"
#include "base/check.h"
#include "base/uuid.h"

// Whatever parses must print to a form that parses to the same value.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto id = steelie::Uuid::Parse(steelie::AsText({data, size}));
  if (id) {
    const auto again = steelie::Uuid::Parse(id->ToString());
    STEELIE_CHECK(again.has_value() && *again == *id);
  }
  return 0;
}
