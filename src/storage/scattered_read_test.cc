#include "storage/scattered_read.h"

#include <gtest/gtest.h>

#include "base/status.h"
#include "storage/testing/temp_dir.h"

namespace mutoscope::storage {
namespace {

struct Wanted {
  uint64_t offset = 0;
  uint64_t length = 0;
};

std::string Pattern(size_t size) {
  std::string bytes;
  for (size_t i = 0; i < size; ++i) bytes += static_cast<char>(i * 7 + i / 251);
  return bytes;
}

TEST(ScatteredRead, PutsEveryPieceInItsPlace) {
  const testing::TempDir dir;
  const std::string bytes = Pattern(100'000);
  const auto file = File::Open(dir.Write("file", bytes)).ValueOrDie();
  const std::vector<std::vector<Wanted>> cases = {
      {},
      {{0, 10}},
      {{0, 0}, {5, 5}},
      {{0, 10}, {10, 20}, {30, 5}},   // neighbours
      {{0, 10}, {15, 20}, {50, 5}},   // small gaps
      {{0, 10}, {90'000, 10'000}},    // a large gap
      {{50, 10}, {0, 10}, {55, 20}},  // backwards and overlapping
      {{99'999, 1}},
  };
  std::vector<Wanted> many;
  for (uint64_t i = 0; i < 3000; ++i) many.push_back({i * 33, 30});
  auto all = cases;
  all.push_back(many);
  for (const auto& wanted : all) {
    std::vector<std::vector<uint8_t>> places;
    for (const auto& piece : wanted) places.emplace_back(piece.length);
    ScatteredRead read(*file);
    for (size_t i = 0; i < wanted.size(); ++i) ASSERT_TRUE(read.Add(wanted[i].offset, places[i]).ok());
    ASSERT_TRUE(read.Flush().ok());
    for (size_t i = 0; i < wanted.size(); ++i) {
      EXPECT_EQ(std::string(places[i].begin(), places[i].end()), bytes.substr(wanted[i].offset, wanted[i].length));
    }
  }
}

TEST(ScatteredRead, RefusesWhatTheFileDoesNotHave) {
  const testing::TempDir dir;
  const auto file = File::Open(dir.Write("file", Pattern(100))).ValueOrDie();
  std::vector<uint8_t> place(20);
  ScatteredRead read(*file);
  ASSERT_TRUE(read.Add(90, place).ok());
  const auto status = read.Flush();
  EXPECT_EQ(base::CodeOf(status), base::Code::kDataLoss);
  EXPECT_NE(status.message().find("too short"), std::string::npos) << status.message();
  EXPECT_TRUE(read.Flush().ok());
}

}  // namespace
}  // namespace mutoscope::storage
