// Memory, file descriptors and CPU time of this process.
#pragma once

#include <cstdint>

namespace mutoscope::net {

struct ProcessStats {
  uint64_t resident_bytes = 0;
  uint64_t open_fds = 0;
  uint64_t open_fds_max = 0;  // the soft limit
  double cpu_seconds = 0;
};

// From /proc and getrusage; what cannot be read is 0.
ProcessStats ReadProcessStats();

}  // namespace mutoscope::net
