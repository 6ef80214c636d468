#include "index/interval_tree.h"

#include <algorithm>

#include "index/block_maxima.h"

namespace mutoscope::index {

IntervalTree IntervalTree::Build(std::vector<Interval> intervals) {
  const auto earlier = [](const Interval& a, const Interval& b) { return a.start < b.start; };
  if (!std::is_sorted(intervals.begin(), intervals.end(), earlier)) std::stable_sort(intervals.begin(), intervals.end(), earlier);
  IntervalTree tree;
  tree.starts_.reserve(intervals.size());
  tree.ends_.reserve(intervals.size());
  tree.values_.reserve(intervals.size());
  for (const Interval& interval : intervals) {
    tree.starts_.push_back(interval.start);
    tree.ends_.push_back(interval.end);
    tree.values_.push_back(interval.value);
  }
  tree.max_ends_ = BlockMaxima(tree.ends_);
  return tree;
}

void IntervalTree::Visit(int64_t min, int64_t max, const std::function<void(uint32_t)>& visit) const {
  if (max < min) return;
  const auto started = static_cast<size_t>(std::upper_bound(starts_.begin(), starts_.end(), max) - starts_.begin());
  VisitAtLeast(ends_, max_ends_, 0, started, min, [&](size_t position) { visit(values_[position]); });
}

}  // namespace mutoscope::index
