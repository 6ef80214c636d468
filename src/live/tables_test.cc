#include "live/tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "base/status.h"

namespace mutoscope::live {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> IdsOf(const Tables& tables) {
  std::vector<std::string> ids;
  uint64_t last = 0;
  while (const auto table = tables.Next(last)) {
    ids.push_back(table->id);
    last = table->number;
  }
  return ids;
}

TEST(Tables, KeepsTheLatestOfEachIdInTheOrderOfTheirComing) {
  Tables tables;
  for (const char* id : {"a", "b", "a"}) ASSERT_TRUE(tables.Put(id, "data").ok());
  EXPECT_THAT(IdsOf(tables), ElementsAre("b", "a"));
}

TEST(Tables, TellsAReaderOnlyWhatIsNew) {
  Tables tables;
  ASSERT_TRUE(tables.Put("a", "1").ok());
  const uint64_t last = tables.Next(0)->number;
  EXPECT_FALSE(tables.Next(last));
  ASSERT_TRUE(tables.Put("a", "2").ok());
  EXPECT_EQ(tables.Next(last)->data, "2");
}

TEST(Tables, DropsTheOldestWhenThereIsNoRoom) {
  Tables tables;
  const std::string data(kTableBytesMax / 3, 'x');
  for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(tables.Put(id, data).ok());
  EXPECT_THAT(IdsOf(tables), ElementsAre("b", "c"));
  const auto status = tables.Put("d", std::string(kTableBytesMax, 'x'));
  EXPECT_EQ(base::CodeOf(status), base::Code::kResourceExhausted);
  EXPECT_THAT(status.message(), ::testing::HasSubstr("'d'"));
  EXPECT_THAT(IdsOf(tables), ElementsAre("b", "c")) << "a refused table displaces none";
}

TEST(Tables, WakesWhoWaits) {
  Tables tables;
  int woken = 0;
  const uint64_t id = tables.wakeups().Add([&] { ++woken; });
  ASSERT_TRUE(tables.Put("a", "1").ok());
  tables.wakeups().Remove(id);
  ASSERT_TRUE(tables.Put("a", "2").ok());
  EXPECT_EQ(woken, 1);
}

}  // namespace
}  // namespace mutoscope::live
