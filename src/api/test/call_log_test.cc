#include "api/grpc/call_log.h"

#include <gtest/gtest.h>

#include "control/testing/coordinator_test.h"

namespace steelie::api::grpc {
namespace {

std::size_t Lines(const std::string& text) { return static_cast<std::size_t>(std::ranges::count(text, '\n')); }

TEST(CallLog, SaysWhoCalledWhatAndHowItWent) {
  control::testing::Recorder log;
  CallLog calls(log);
  calls.Finished({"/rpc.Marble/Activate", "[::1]:5", std::chrono::milliseconds(3)}, nullptr, {});
  const Error error(Code::kPermissionDenied, "policy.binding", "no");
  calls.Finished({"/rpc.Marble/Activate", "[::1]:5", {}}, &error, {});
  const std::string text = log.Text();
  EXPECT_NE(text.find("finished call protocol=grpc grpc.service=rpc.Marble grpc.method=Activate grpc.method_type=unary "
                      "peer.address=[::1]:5 grpc.code=OK"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("grpc.code=" + std::string(CodeName(Code::kPermissionDenied)) + " reason=policy.binding"),
            std::string::npos)
      << text;
}

TEST(CallLog, RefusalsAreBoundedSuccessesAreNot) {
  control::testing::Recorder log;
  CallLog calls(log);
  const Error error(Code::kUnimplemented, "grpc.method", "no");
  RateLimit::Time now{std::chrono::hours(1)};
  for (int second = 0; second < 60; ++second) {
    for (int i = 0; i < 100; ++i) calls.Finished({"/a/b", "peer", {}}, &error, now);
    now += std::chrono::seconds(1);
  }
  EXPECT_LE(Lines(log.Text()), 200U + 2 * 60);
  const std::size_t before = Lines(log.Text());
  for (int i = 0; i < 1000; ++i) calls.Finished({"/a/b", "peer", {}}, nullptr, now);
  EXPECT_EQ(Lines(log.Text()), before + 1000);
}

TEST(CallLog, HostileNamesAreShort) {
  control::testing::Recorder log;
  CallLog calls(log);
  calls.Finished({std::string(5000, '/'), "peer", {}}, nullptr, {});
  calls.Finished({std::string(5000, 'x'), "peer", {}}, nullptr, {});
  EXPECT_LT(log.Text().size(), 1000U);
}

}  // namespace
}  // namespace steelie::api::grpc
