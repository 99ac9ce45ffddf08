#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/result.h"

/// `ASSERT_OK_AND_ASSIGN(auto x, F());`
#define ASSERT_OK_AND_ASSIGN(declaration, expression) \
  ASSERT_OK_AND_ASSIGN_INNER(STEELIE_CONCAT(steelie_assert_, __COUNTER__), declaration, expression)
#define ASSERT_OK_AND_ASSIGN_INNER(name, declaration, expression) \
  auto name = (expression);                                       \
  ASSERT_TRUE(name.has_value()) << name.error().ToString();       \
  declaration = std::move(*name)

#define ASSERT_OK(expression)                                                     \
  do {                                                                            \
    const auto steelie_status = (expression);                                     \
    ASSERT_TRUE(steelie_status.has_value()) << steelie_status.error().ToString(); \
  } while (false)

#define EXPECT_OK(expression)                                                     \
  do {                                                                            \
    const auto steelie_status = (expression);                                     \
    EXPECT_TRUE(steelie_status.has_value()) << steelie_status.error().ToString(); \
  } while (false)

namespace steelie::testing {

MATCHER_P(FailsWith, reason, std::string("fails with reason ") + reason) {
  if (arg.has_value()) {
    *result_listener << "succeeded";
    return false;
  }
  *result_listener << arg.error().ToString();
  return arg.error().reason() == reason;
}

}  // namespace steelie::testing
