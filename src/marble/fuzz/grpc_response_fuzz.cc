#include <algorithm>

#include "marble/apply.h"
#include "marble/http2_exchange.h"
#include "marble/parameters.h"
#include "marble/ttls_policy.h"

// What a stranger in the Coordinator's place may send after the TLS handshake, through to the parameters.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kPiece = 61;
  steelie::marble::Http2Exchange exchange({.path = "/rpc.Marble/Activate",
                                           .authority = "localhost:2001",
                                           .timeout = std::chrono::milliseconds(0),
                                           .message = {1, 2, 3},
                                           .max_response = std::size_t{1} << 20U});
  steelie::ByteView rest(data, size);
  while (!exchange.finished() && !rest.empty()) {
    (void)exchange.TakeOutput();
    const std::size_t n = std::min(rest.size(), kPiece);
    if (!exchange.Feed(rest.first(n))) break;
    rest = rest.subspan(n);
  }
  const auto message = exchange.TakeResult();
  if (!message) return 0;
  const auto parameters = steelie::marble::DecodeParameters(*message);
  if (!parameters) return 0;
  (void)steelie::marble::CheckEnvironment(parameters->env);
  if (const auto* config = parameters->FindEnv("MARBLE_TTLS_CONFIG")) {
    (void)config->Reveal(steelie::marble::DescribeTtls);
  }
  return 0;
}
