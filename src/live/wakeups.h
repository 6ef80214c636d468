// Who waits for something new.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <utility>

namespace mutoscope::live {

// Thread-safe. The functions are called with a lock held: they must be quick, and must not come back here.
class Wakeups {
 public:
  uint64_t Add(std::function<void()> wake) {
    std::lock_guard lock(mutex_);
    wakes_.emplace(++last_, std::move(wake));
    return last_;
  }
  void Remove(uint64_t id) {
    std::lock_guard lock(mutex_);
    wakes_.erase(id);
  }
  void Notify() {
    std::lock_guard lock(mutex_);
    for (const auto& [id, wake] : wakes_) wake();
  }

 private:
  std::mutex mutex_;
  uint64_t last_ = 0;
  std::map<uint64_t, std::function<void()>> wakes_;
};

}  // namespace mutoscope::live
