#include "api/net/io_threads.h"

#include <algorithm>
#include <thread>

namespace steelie::api::net {

class IoThreads::Context : public boost::asio::io_context {
 public:
  // One thread: events need not be handed over.
  Context() : io_context(1) {}
  /// Destroys all handlers.
  void Close() { shutdown(); }
};

IoThreads::IoThreads(std::size_t count) {
  for (std::size_t i = 0; i < std::max<std::size_t>(count, 1); ++i) {
    contexts_.push_back(std::make_unique<Context>());
    guards_.emplace_back(contexts_.back()->get_executor());
  }
}

IoThreads::~IoThreads() {
  guards_.clear();
  // Handlers of one context hold sockets of others: all are destroyed before the first context is.
  for (const auto& context : contexts_) context->Close();
}

boost::asio::any_io_executor IoThreads::Next() { return contexts_[next_++ % contexts_.size()]->get_executor(); }

boost::asio::any_io_executor IoThreads::First() { return contexts_.front()->get_executor(); }

void IoThreads::Run() {
  std::vector<std::jthread> threads;
  for (std::size_t i = 1; i < contexts_.size(); ++i) threads.emplace_back([this, i] { contexts_[i]->run(); });
  contexts_.front()->run();
}

void IoThreads::Stop() {
  for (const auto& context : contexts_) context->stop();
}

}  // namespace steelie::api::net
