#pragma once

#include <condition_variable>
#include <mutex>

// Clang's thread-safety annotations; empty for g++.
#if defined(__clang__)
#define STEELIE_ANNOTATE(x) __attribute__((x))
#else
#define STEELIE_ANNOTATE(x)
#endif
#define STEELIE_GUARDED_BY(x) STEELIE_ANNOTATE(guarded_by(x))
#define STEELIE_REQUIRES(x) STEELIE_ANNOTATE(requires_capability(x))
#define STEELIE_EXCLUDES(x) STEELIE_ANNOTATE(locks_excluded(x))

namespace steelie {

/// std::mutex that the analysis of clang knows.
class STEELIE_ANNOTATE(capability("mutex")) Mutex {
 public:
  void lock() STEELIE_ANNOTATE(acquire_capability()) { mutex_.lock(); }
  void unlock() STEELIE_ANNOTATE(release_capability()) { mutex_.unlock(); }
  bool try_lock() STEELIE_ANNOTATE(try_acquire_capability(true)) { return mutex_.try_lock(); }
  std::mutex& native() { return mutex_; }

 private:
  std::mutex mutex_;
};

/// Holds a Mutex for a scope; waits on a condition variable through `native()`.
class STEELIE_ANNOTATE(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) STEELIE_ANNOTATE(acquire_capability(mutex)) : lock_(mutex.native()) {}
  ~MutexLock() STEELIE_ANNOTATE(release_capability()) = default;
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;
  std::unique_lock<std::mutex>& native() { return lock_; }

 private:
  std::unique_lock<std::mutex> lock_;
};

}  // namespace steelie
