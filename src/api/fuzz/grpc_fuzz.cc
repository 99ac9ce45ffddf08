#include "api/grpc/message.h"
#include "marble.pb.h"

// Body of a call to the marble API.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace steelie;
  (void)api::grpc::ParseTimeout(AsText({data, size}));
  if (const auto message = api::grpc::UnwrapMessage({data, size})) {
    rpc::ActivationReq request;
    (void)request.ParseFromArray(message->data(), static_cast<int>(message->size()));
  }
  return 0;
}
