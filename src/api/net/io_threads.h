#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <vector>

namespace steelie::api::net {

/// Threads for input and output, each with a context of its own. A connection stays on one of them: where threads share
/// a context, every event of a connection wakes a second thread, which costs more than most steps of a connection.
class IoThreads {
 public:
  explicit IoThreads(std::size_t count);
  ~IoThreads();
  IoThreads(const IoThreads&) = delete;
  IoThreads& operator=(const IoThreads&) = delete;

  /// Where the next connection shall be, each thread in turn. What runs on one executor never runs at the same time, so
  /// a connection needs no strand. Thread-safe.
  boost::asio::any_io_executor Next();
  /// The same one each time, for everything that is no connection.
  boost::asio::any_io_executor First();

  /// Runs all of them until Stop; the caller's thread is one of them.
  void Run();
  /// Thread-safe.
  void Stop();

 private:
  class Context;
  using WorkGuard = boost::asio::executor_work_guard<boost::asio::io_context::executor_type>;

  std::vector<std::unique_ptr<Context>> contexts_;
  std::vector<WorkGuard> guards_;
  std::atomic<std::size_t> next_ = 0;
};

}  // namespace steelie::api::net
