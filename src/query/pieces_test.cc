#include "query/pieces.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mutoscope::query {
namespace {

using ::testing::ElementsAre;
using Ints = std::vector<uint32_t>;

ChunkTimes Chunk(const std::vector<std::pair<std::string, std::vector<int64_t>>>& columns) {
  ChunkTimes chunk;
  for (const auto& [name, times] : columns) {
    chunk.num_rows = static_cast<int64_t>(times.size());
    chunk.timelines.push_back({name, chunk::TimelineKind::kSequence});
    chunk.times.push_back(times);
  }
  return chunk;
}

TEST(RowsInRange, TakesBothBoundsAndAnyOrder) {
  const std::vector<int64_t> times = {5, 1, 3, 9};
  EXPECT_THAT(RowsInRange(times, 3, 5), ElementsAre(true, false, true, false));
  EXPECT_THAT(RowsInRange(times, 6, 8), ElementsAre(false, false, false, false));
}

TEST(MarkLatestAt, MarksAllRowsOfTheLatestTimeAtOrBefore) {
  const std::vector<int64_t> times = {1, 4, 4, 7};
  struct Case {
    int64_t at;
    RowMask rows;
  };
  for (const auto& [at, rows] :
       std::vector<Case>{{0, {0, 0, 0, 0}}, {1, {1, 0, 0, 0}}, {3, {1, 0, 0, 0}}, {4, {0, 1, 1, 0}}, {99, {0, 0, 0, 1}}}) {
    RowMask mask(times.size());
    MarkLatestAt(times, at, &mask);
    EXPECT_EQ(mask, rows) << at;
  }
}

TEST(ForeignValues, BringInEveryRowThatSharesAValueOfAnotherIndex) {
  // A reader on `frame` that filters t >= 15: frame 1 has a row in the range in b only, and needs its row of a as well.
  const auto a = Chunk({{"frame", {1, 2, 3}}, {"t", {10, 11, 12}}});
  const auto b = Chunk({{"frame", {1, 4}}, {"t", {30, 5}}});
  auto mask_a = RowsInRange(a.Of("t"), 15, 100);
  auto mask_b = RowsInRange(b.Of("t"), 15, 100);
  ForeignValues values;
  CollectForeignValues(a, "t", mask_a, &values);
  CollectForeignValues(b, "t", mask_b, &values);
  MarkForeignValues(a, "t", values, &mask_a);
  MarkForeignValues(b, "t", values, &mask_b);
  EXPECT_THAT(mask_a, ElementsAre(true, false, false));
  EXPECT_THAT(mask_b, ElementsAre(true, false));
}

TEST(ToRanges, JoinsNeighboursAndGivesUpBeyondTheLimit) {
  EXPECT_THAT(*ToRanges({1, 1, 0, 1}, 2), ElementsAre(RowRange{0, 2}, RowRange{3, 1}));
  EXPECT_TRUE(ToRanges({0, 0}, 2)->empty());
  EXPECT_EQ(ToRanges({1, 0, 1, 0, 1}, 2), std::nullopt);
}

class NeededComponentsTest : public ::testing::Test {
 protected:
  // `wanted` of a chunk with these (component, type, rows set) in 10 rows.
  std::optional<Ints> Needed(const std::vector<std::tuple<std::string, std::string, uint64_t>>& components,
                             std::vector<std::string> wanted) {
    descriptors_.clear();
    for (const auto& [name, type, rows] : components) descriptors_.push_back({"", name, type});
    std::vector<index::DatasetIndex::ComponentInfo> infos;
    for (size_t i = 0; i < components.size(); ++i) infos.push_back({&descriptors_[i], std::get<2>(components[i])});
    return NeededComponents(infos, 10, {"/a", false, std::move(wanted)});
  }
  std::vector<chunk::Descriptor> descriptors_;
};

TEST_F(NeededComponentsTest, LeavesOutWhatNoRowDependsOn) {
  EXPECT_EQ(Needed({{"blob", "rerun.components.Blob", 10}, {"type", "", 10}}, {"type"}), Ints({1}));
  EXPECT_EQ(Needed({{"blob", "rerun.components.Blob", 10}, {"type", "", 10}}, {"blob"}), Ints({0}));
}

TEST_F(NeededComponentsTest, KeepsEverythingWhereARowWouldVanish) {
  EXPECT_EQ(Needed({{"x", "", 10}, {"y", "", 9}}, {"y"}), std::nullopt);
  EXPECT_EQ(Needed({{"x", "", 9}, {"y", "", 9}}, {"z"}), std::nullopt);
}

TEST_F(NeededComponentsTest, StandsInASmallComponentForAnUnwantedChunk) {
  EXPECT_EQ(Needed({{"blob", "rerun.components.Blob", 10}, {"type", "", 10}}, {"other"}), Ints({1}));
  EXPECT_EQ(Needed({{"blob", "rerun.components.Blob", 10}}, {"other"}), std::nullopt);
}

TEST_F(NeededComponentsTest, KeepsClear) {
  EXPECT_EQ(Needed({{"Clear:is_recursive", "", 3}, {"x", "", 10}, {"y", "", 10}}, {"y"}), Ints({0, 2}));
}

TEST_F(NeededComponentsTest, AllWantedMeansAll) {
  EXPECT_EQ(Needed({{"x", "", 10}}, {"x"}), std::nullopt);
  descriptors_ = {{"", "x", ""}};
  EXPECT_EQ(NeededComponents({{&descriptors_[0], 10}}, 10, {"/a", true, {}}), std::nullopt);
}

}  // namespace
}  // namespace mutoscope::query
