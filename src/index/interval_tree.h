// Which closed intervals overlap [min, max]? O((1 + answers) log n), in flat arrays: intervals sorted by start, with the maximum
// end of every 16 of them, of every 16 of those, and so on.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace mutoscope::index {

// Immutable after Build, thread-safe. 21 bytes an interval.
class IntervalTree {
 public:
  struct Interval {
    int64_t start = 0;
    int64_t end = 0;  // >= start
    uint32_t value = 0;
  };

  static IntervalTree Build(std::vector<Interval> intervals);

  // Calls `visit` for the value of every interval that overlaps [min, max], in order of start. Nothing if max < min.
  void Visit(int64_t min, int64_t max, const std::function<void(uint32_t)>& visit) const;

  size_t size() const { return starts_.size(); }

 private:
  std::vector<int64_t> starts_;
  std::vector<int64_t> ends_;
  std::vector<int64_t> max_ends_;
  std::vector<uint32_t> values_;
};

}  // namespace mutoscope::index
