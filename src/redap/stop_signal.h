// Tells the calls that wait for something that the server is about to stop.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "arrow/status.h"
#include "base/listeners.h"
#include "base/status.h"

namespace mutoscope::redap {

// Thread-safe.
class StopSignal {
 public:
  void Stop() {
    stopping_ = true;
    listeners_.Notify();
  }
  bool stopping() const { return stopping_; }
  // OK, or how a stream that waits must end: a stop would else wait for it as long as it waits for any call.
  arrow::Status Check() const {
    return stopping_ ? base::Unavailable("the server is stopping; connect again when it is back") : arrow::Status::OK();
  }
  // `wake` (redap::Waker) is called at Stop(), until the handle is released.
  [[nodiscard]] std::shared_ptr<void> OnStop(std::function<void()> wake) { return listeners_.Add(std::move(wake)); }

 private:
  std::atomic<bool> stopping_ = false;
  base::Listeners listeners_;
};

}  // namespace mutoscope::redap
