#include "index/interval_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>

namespace mutoscope::index {
namespace {

using Interval = IntervalTree::Interval;
constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

std::vector<uint32_t> Find(const IntervalTree& tree, int64_t min, int64_t max) {
  std::vector<uint32_t> found;
  tree.Visit(min, max, [&](uint32_t value) { found.push_back(value); });
  return found;
}

TEST(IntervalTree, FindsClosedIntervalsInOrderOfStart) {
  const IntervalTree tree = IntervalTree::Build({{5, 9, 1}, {0, 3, 2}, {3, 3, 3}, {0, 20, 4}});
  struct Case {
    int64_t min, max;
    std::vector<uint32_t> found;
  };
  const std::vector<Case> cases = {
      {3, 3, {2, 4, 3}}, {4, 4, {4}}, {9, 100, {4, 1}},           {10, 100, {4}}, {21, 100, {}}, {-5, -1, {}},
      {-5, 0, {2, 4}},   {5, 4, {}},  {kMin, kMax, {2, 4, 3, 1}},
  };
  for (const Case& c : cases) EXPECT_EQ(Find(tree, c.min, c.max), c.found) << c.min << " to " << c.max;
  EXPECT_EQ(tree.size(), 4u);
}

TEST(IntervalTree, HoldsTheExtremesOfTime) {
  const IntervalTree tree = IntervalTree::Build({{kMin, kMin, 0}, {kMax, kMax, 1}, {kMin, kMax, 2}});
  EXPECT_EQ(Find(tree, kMin, kMin), (std::vector<uint32_t>{0, 2}));
  EXPECT_EQ(Find(tree, kMax, kMax), (std::vector<uint32_t>{2, 1}));
  EXPECT_EQ(Find(tree, 0, 0), (std::vector<uint32_t>{2}));
}

TEST(IntervalTree, EmptyFindsNothing) { EXPECT_TRUE(Find(IntervalTree::Build({}), kMin, kMax).empty()); }

TEST(IntervalTree, FindsWhatBruteForceFinds) {
  std::mt19937_64 random(1);
  const auto pick = [&](int64_t below) { return static_cast<int64_t>(random() % static_cast<uint64_t>(below)); };
  // Sizes around the powers of the fanout, and few distinct values so that intervals touch and coincide.
  for (const size_t size : std::vector<size_t>{1, 2, 15, 16, 17, 255, 256, 257, 300, 4096, 4097, 5000}) {
    for (const int64_t length_max : {1, 50, 5000}) {
      std::vector<Interval> intervals;
      for (uint32_t i = 0; i < size; ++i) {
        const int64_t start = pick(2000);
        // Now and then a long one, as the first chunk of a static-like signal is.
        intervals.push_back({start, start + pick(random() % 50 == 0 ? 5000 : length_max), i});
      }
      const IntervalTree tree = IntervalTree::Build(intervals);
      std::stable_sort(intervals.begin(), intervals.end(),
                       [](const Interval& a, const Interval& b) { return a.start < b.start; });
      for (int query = 0; query < 50; ++query) {
        const int64_t min = pick(2200) - 100;
        const int64_t max = min + pick(query % 2 == 0 ? 3 : 500) - 1;
        std::vector<uint32_t> expected;
        for (const Interval& i : intervals) {
          if (min <= max && i.start <= max && i.end >= min) expected.push_back(i.value);
        }
        ASSERT_EQ(Find(tree, min, max), expected) << size << " intervals, " << min << " to " << max;
      }
    }
  }
}

}  // namespace
}  // namespace mutoscope::index
