#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <thread>

#include "api/net/io_threads.h"
#include "api/net/listener.h"
#include "base/log.h"

namespace steelie::api::testing {

/// Threads and a listener on loopback for one server.
class Loopback : public ::testing::Test {
 protected:
  Loopback() : listener_(*net::Listener::Open(io_, "127.0.0.1:0", logger_)) {}
  void TearDown() override {
    io_.Stop();
    if (runner_.joinable()) runner_.join();
    workers_.join();
  }
  void Run() {
    runner_ = std::thread([this] { io_.Run(); });
  }

  // From this address, of which a machine has many: 127.0.0.0/8.
  boost::asio::ip::tcp::socket Connect(const char* from = "127.0.0.1") {
    using boost::asio::ip::tcp;
    tcp::socket socket(client_, tcp::endpoint(boost::asio::ip::make_address(from), 0));
    const std::string address = listener_->LocalAddress();
    const auto port = static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
    socket.connect(tcp::endpoint(boost::asio::ip::address_v4::loopback(), port));
    const timeval limit{10, 0};  // a test that waits for nothing fails instead
    ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    return socket;
  }

  static bool Eventually(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(8);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      boost::asio::io_context pause;
      boost::asio::steady_timer(pause, std::chrono::milliseconds(10)).wait();
    }
    return true;
  }

  NullLogger logger_;
  net::IoThreads io_{1};
  boost::asio::thread_pool workers_{4};
  boost::asio::io_context client_;
  std::shared_ptr<net::Listener> listener_;
  std::thread runner_;
};

}  // namespace steelie::api::testing
