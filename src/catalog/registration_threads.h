// Where registrations go on whose callers do not wait any longer.
#pragma once

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <mutex>
#include <utility>

namespace mutoscope::catalog {

// Thread-safe.
class RegistrationThreads {
 public:
  // False after Stop(): the job will not run.
  bool Post(std::function<void()> job) {
    std::lock_guard lock(mutex_);
    if (stopped_) return false;
    boost::asio::post(pool_, std::move(job));
    return true;
  }
  // Waits for the jobs, which know by themselves that they are to end soon.
  void Stop() {
    {
      std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    pool_.join();
  }

 private:
  static constexpr size_t kThreads = 4;
  std::mutex mutex_;
  bool stopped_ = false;
  boost::asio::thread_pool pool_{kThreads};
};

}  // namespace mutoscope::catalog
