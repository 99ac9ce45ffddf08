#include "api/grpc/request_budget.h"

#include <gtest/gtest.h>

namespace steelie::api::grpc {
namespace {

using boost::asio::ip::make_address;

constexpr RequestBudget::Limits kLimits = {.total = 100, .peer = 50, .connection = 30};

TEST(RequestBudget, AConnectionHasItsShare) {
  const RequestBudget budget(kLimits);
  const auto a = budget.Open(make_address("192.0.2.1"));
  EXPECT_TRUE(a->Take(30));
  EXPECT_FALSE(a->Take(1));
  EXPECT_EQ(budget.used(), 30U) << "what is refused is not counted";
  a->Give(10);
  EXPECT_TRUE(a->Take(10));
}

TEST(RequestBudget, APeerHasItsShareHoweverManyConnectionsItOpens) {
  const RequestBudget budget(kLimits);
  const auto a = budget.Open(make_address("192.0.2.1"));
  const auto b = budget.Open(make_address("192.0.2.1"));
  const auto other = budget.Open(make_address("192.0.2.2"));
  EXPECT_TRUE(a->Take(30));
  EXPECT_TRUE(b->Take(20));
  EXPECT_FALSE(b->Take(1));
  EXPECT_TRUE(other->Take(30));
}

TEST(RequestBudget, AllTogetherHaveALimit) {
  const RequestBudget budget(kLimits);
  const auto a = budget.Open(make_address("192.0.2.1"));
  const auto b = budget.Open(make_address("192.0.2.2"));
  const auto c = budget.Open(make_address("192.0.2.3"));
  const auto d = budget.Open(make_address("192.0.2.4"));
  EXPECT_TRUE(a->Take(30) && b->Take(30) && c->Take(30));
  EXPECT_FALSE(d->Take(11));
  EXPECT_TRUE(d->Take(10));
}

TEST(RequestBudget, WhatAConnectionHoldsEndsWithIt) {
  const RequestBudget budget(kLimits);
  auto a = budget.Open(make_address("192.0.2.1"));
  EXPECT_TRUE(a->Take(20));
  a.reset();
  EXPECT_EQ(budget.used(), 0U);
}

TEST(RequestBudget, AnAccountMayOutliveItsBudget) {
  std::shared_ptr<RequestBudget::Account> account;
  {
    const RequestBudget budget(kLimits);
    account = budget.Open(make_address("192.0.2.1"));
    EXPECT_TRUE(account->Take(20));
  }
  account->Give(20);
}

}  // namespace
}  // namespace steelie::api::grpc
