#include "catalog/time_ranges.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/status.h"

namespace mutoscope::catalog {
namespace {

using chunk::TimelineKind;

const TimeRanges kCases[] = {
    {},
    {{{"frame", TimelineKind::kSequence}, {0, 999}}},
    {{{"log_time", TimelineKind::kTimestamp}, {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()}},
     {{"", TimelineKind::kDuration}, {-5, -5}},
     {{"a name that is longer than sixteen bytes", TimelineKind::kSequence}, {1, 2}}},
};

TEST(TimeRanges, RoundTrip) {
  for (const TimeRanges& ranges : kCases) EXPECT_EQ(DecodeTimeRanges(EncodeTimeRanges(ranges)).ValueOrDie(), ranges);
}

TEST(TimeRanges, DamageIsAnError) {
  const std::string good = EncodeTimeRanges(kCases[2]);
  for (size_t length = 0; length < good.size(); ++length) {
    EXPECT_EQ(base::CodeOf(DecodeTimeRanges(good.substr(0, length)).status()), base::Code::kDataLoss) << length;
  }
  EXPECT_FALSE(DecodeTimeRanges(good + "x").ok());
  std::string huge_count = good;
  huge_count[3] = '\x7f';
  EXPECT_FALSE(DecodeTimeRanges(huge_count).ok());
  std::string bad_kind = good;
  bad_kind[4] = 9;
  EXPECT_FALSE(DecodeTimeRanges(bad_kind).ok());
}

}  // namespace
}  // namespace mutoscope::catalog
