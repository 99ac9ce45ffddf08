#pragma once

#include <unistd.h>

#include <utility>

#include "base/bytes.h"

namespace steelie {

/// Owns a file descriptor. Move-only.
class Fd {
 public:
  /// Takes what `open` and its like return: a descriptor, or -1.
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;

  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }

 private:
  int fd_;
};

/// Writes everything, however many calls it takes. False: errno has the cause.
bool WriteAll(int fd, ByteView bytes);

}  // namespace steelie
