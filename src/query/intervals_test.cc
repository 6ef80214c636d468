#include "query/intervals.h"

#include <gtest/gtest.h>

#include <random>

#include "arrow/api.h"
#include "arrow/json/from_string.h"
#include "query/index_values.h"

namespace mutoscope::query {
namespace {

// A random set made of the operations, and the same as flags of the values around zero.
struct Both {
  Intervals intervals = Intervals::None();
  std::vector<bool> flags = std::vector<bool>(21);
};

Both Random(std::mt19937& random, int depth) {
  const auto below = [&](uint32_t n) { return static_cast<int64_t>(random() % n); };
  Both out;
  if (depth == 0) {
    const int64_t min = below(21) - 10, max = min + below(6) - 1;
    out.intervals = Intervals::Of(min, max);
    for (int64_t v = -10; v <= 10; ++v) out.flags[static_cast<size_t>(v + 10)] = v >= min && v <= max;
    return out;
  }
  const Both a = Random(random, depth - 1), b = Random(random, depth - 1);
  const int64_t operation = below(3);
  out.intervals = operation == 0   ? a.intervals.And(b.intervals)
                  : operation == 1 ? a.intervals.Or(b.intervals)
                                   : a.intervals.Not();
  for (size_t i = 0; i < 21; ++i) {
    out.flags[i] = operation == 0 ? a.flags[i] && b.flags[i] : operation == 1 ? a.flags[i] || b.flags[i] : !a.flags[i];
  }
  return out;
}

TEST(Intervals, AreSets) {
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    const Both both = Random(random, i % 6);
    for (int64_t v = -10; v <= 10; ++v) EXPECT_EQ(both.intervals.Contains(v), both.flags[static_cast<size_t>(v + 10)]) << v;
    for (size_t r = 1; r < both.intervals.ranges().size(); ++r) {
      EXPECT_GT(both.intervals.ranges()[r].min, both.intervals.ranges()[r - 1].max + 1) << "neighbours are joined";
    }
  }
}

TEST(Intervals, ReachToBothEnds) {
  EXPECT_TRUE(Intervals::None().Not().all());
  EXPECT_TRUE(Intervals::All().Not().empty());
  EXPECT_TRUE(Intervals::Of(kIndexMin, 3).Or(Intervals::Of(4, kIndexMax)).all());
  EXPECT_FALSE(Intervals::Of(kIndexMax, kIndexMax).Not().Contains(kIndexMax));
  EXPECT_FALSE(Intervals::Of(kIndexMin, kIndexMin).Not().Contains(kIndexMin));
  EXPECT_EQ(Intervals::Points({5, 3, 4, 9}).ranges().size(), 2u);
}

TEST(IndexValues, TakeEveryUnitAndRefuseTheRest) {
  const chunk::Timeline frame{"frame", chunk::TimelineKind::kSequence}, time{"t", chunk::TimelineKind::kTimestamp},
      duration{"d", chunk::TimelineKind::kDuration};
  const auto values = [](const std::shared_ptr<arrow::DataType>& type, const char* json, const chunk::Timeline& timeline) {
    return IndexValues(*arrow::json::ArrayFromJSONString(type, json).ValueOrDie(), timeline);
  };
  using Raw = std::vector<int64_t>;
  EXPECT_EQ(values(arrow::int64(), "[3, 1, 3]", frame).ValueOrDie(), (Raw{1, 3}));
  EXPECT_EQ(values(arrow::uint8(), "[3, 1]", time).ValueOrDie(), (Raw{1, 3}));
  EXPECT_EQ(values(arrow::timestamp(arrow::TimeUnit::MICRO), "[2]", time).ValueOrDie(), (Raw{2000}));
  EXPECT_EQ(values(arrow::timestamp(arrow::TimeUnit::NANO), "[2]", time).ValueOrDie(), (Raw{2}));
  EXPECT_EQ(values(arrow::duration(arrow::TimeUnit::SECOND), "[2]", duration).ValueOrDie(), (Raw{2'000'000'000}));
  EXPECT_FALSE(values(arrow::timestamp(arrow::TimeUnit::SECOND), "[9223372036854775807]", time).ok());
  EXPECT_FALSE(values(arrow::timestamp(arrow::TimeUnit::SECOND), "[1]", frame).ok());
  EXPECT_FALSE(values(arrow::timestamp(arrow::TimeUnit::SECOND), "[1]", duration).ok());
  EXPECT_FALSE(values(arrow::uint64(), "[18446744073709551615]", frame).ok());
  EXPECT_FALSE(values(arrow::float64(), "[1]", frame).ok());
  EXPECT_FALSE(values(arrow::int64(), "[1, null]", frame).ok());
}

}  // namespace
}  // namespace mutoscope::query
