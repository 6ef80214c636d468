// Sets of index values as closed intervals. Pure.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "chunk/chunk_table.h"

namespace mutoscope::query {

inline constexpr int64_t kIndexMin = std::numeric_limits<int64_t>::min();
inline constexpr int64_t kIndexMax = std::numeric_limits<int64_t>::max();

// Ascending, disjoint, not adjacent.
class Intervals {
 public:
  static Intervals All() { return Intervals({{kIndexMin, kIndexMax}}); }
  static Intervals None() { return Intervals({}); }
  static Intervals Of(int64_t min, int64_t max) { return min > max ? None() : Intervals({{min, max}}); }
  static Intervals Points(std::vector<int64_t> values);

  Intervals And(const Intervals& other) const;
  Intervals Or(const Intervals& other) const;
  Intervals Not() const;

  bool all() const { return ranges_.size() == 1 && ranges_[0].min == kIndexMin && ranges_[0].max == kIndexMax; }
  bool empty() const { return ranges_.empty(); }
  bool Contains(int64_t value) const;
  // The smallest interval that holds everything; only if not empty.
  chunk::TimeRange bounds() const { return {ranges_.front().min, ranges_.back().max}; }
  const std::vector<chunk::TimeRange>& ranges() const { return ranges_; }

 private:
  explicit Intervals(std::vector<chunk::TimeRange> ranges) : ranges_(std::move(ranges)) {}
  std::vector<chunk::TimeRange> ranges_;
};

}  // namespace mutoscope::query
