#include "query/intervals.h"

#include <algorithm>

namespace mutoscope::query {
namespace {

// Joins what overlaps or touches. `ranges` is ascending by min.
std::vector<chunk::TimeRange> Joined(const std::vector<chunk::TimeRange>& ranges) {
  std::vector<chunk::TimeRange> joined;
  for (const auto& range : ranges) {
    if (!joined.empty() && (joined.back().max == kIndexMax || range.min <= joined.back().max + 1)) {
      joined.back().max = std::max(joined.back().max, range.max);
    } else {
      joined.push_back(range);
    }
  }
  return joined;
}

}  // namespace

Intervals Intervals::Points(std::vector<int64_t> values) {
  std::sort(values.begin(), values.end());
  std::vector<chunk::TimeRange> ranges;
  for (const int64_t value : values) ranges.push_back({value, value});
  return Intervals(Joined(ranges));
}

Intervals Intervals::And(const Intervals& other) const {
  std::vector<chunk::TimeRange> ranges;
  for (size_t i = 0, j = 0; i < ranges_.size() && j < other.ranges_.size();) {
    const auto& a = ranges_[i];
    const auto& b = other.ranges_[j];
    const chunk::TimeRange common{std::max(a.min, b.min), std::min(a.max, b.max)};
    if (common.min <= common.max) ranges.push_back(common);
    if (a.max < b.max) {
      ++i;
    } else {
      ++j;
    }
  }
  return Intervals(std::move(ranges));
}

Intervals Intervals::Or(const Intervals& other) const {
  std::vector<chunk::TimeRange> ranges;
  std::merge(ranges_.begin(), ranges_.end(), other.ranges_.begin(), other.ranges_.end(), std::back_inserter(ranges),
             [](const auto& a, const auto& b) { return a.min < b.min; });
  return Intervals(Joined(ranges));
}

Intervals Intervals::Not() const {
  std::vector<chunk::TimeRange> ranges;
  int64_t next = kIndexMin;
  for (const auto& range : ranges_) {
    if (range.min > next) ranges.push_back({next, range.min - 1});
    if (range.max == kIndexMax) return Intervals(std::move(ranges));
    next = range.max + 1;
  }
  ranges.push_back({next, kIndexMax});
  return Intervals(std::move(ranges));
}

bool Intervals::Contains(int64_t value) const {
  const auto after = std::upper_bound(ranges_.begin(), ranges_.end(), value,
                                      [](int64_t v, const chunk::TimeRange& range) { return v < range.min; });
  return after != ranges_.begin() && value <= (after - 1)->max;
}

}  // namespace mutoscope::query
