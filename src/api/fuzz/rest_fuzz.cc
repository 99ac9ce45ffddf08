#include <nlohmann/json.hpp>

#include "api/rest/json_body.h"
#include "api/rest/message.h"

// Query strings and JSON bodies of the client API.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace steelie;
  const std::string_view text = AsText({data, size});
  (void)api::rest::ParseQuery(text);
  if (const auto body = api::rest::ParseFirstValue(text)) {
    (void)api::rest::BytesMember(*body, "manifest");
    (void)api::rest::StringMember(*body, "name");
    (void)api::rest::UnsignedMember(*body, "value");
  }
  return 0;
}
