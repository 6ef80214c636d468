// Clocks. Timestamps are nanoseconds since the Unix epoch, UTC.
#pragma once

#include <chrono>
#include <cstdint>

namespace mutoscope::base {

inline int64_t NowNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace mutoscope::base
