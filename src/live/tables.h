// Tables that SDKs push to viewers: the latest of each id, in memory.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "arrow/status.h"
#include "live/wakeups.h"

namespace mutoscope::live {

inline constexpr uint64_t kTableBytesMax = uint64_t{64} << 20;  // of all tables together

// Thread-safe.
class Tables {
 public:
  struct Table {
    uint64_t number = 0;  // grows with every table that comes
    std::string id;
    std::string data;  // DataframePart
  };

  // The oldest tables go when there is no room. RESOURCE_EXHAUSTED for a table larger than all the room.
  arrow::Status Put(const std::string& id, std::string data);
  // The first table with a number above `after`.
  std::optional<Table> Next(uint64_t after) const;
  Wakeups& wakeups() { return wakeups_; }

 private:
  mutable std::mutex mutex_;
  std::map<uint64_t, Table> tables_;
  std::map<std::string, uint64_t> numbers_;
  uint64_t last_ = 0;
  uint64_t bytes_ = 0;
  Wakeups wakeups_;
};

}  // namespace mutoscope::live
