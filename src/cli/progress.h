// Progress on stderr: a bar on a terminal, a log line now and then elsewhere.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>

namespace mutoscope::cli {

// Thread-safe.
class Progress {
 public:
  explicit Progress(std::string what);  // e.g. "registering recordings of 'robots'"
  ~Progress();                          // ends the line of the bar

  void Update(size_t done, size_t total);

 private:
  const std::string what_;
  const bool terminal_;
  std::mutex mutex_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point next_{};
};

}  // namespace mutoscope::cli
