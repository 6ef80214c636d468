#include "catalog/events.h"

#include "catalog/testing/recordings.h"

namespace mutoscope::catalog {
namespace {

using base::Code;
using base::CodeOf;

TEST(Events, AWatcherGetsWhatIsPublishedWhileItWatchesInOrder) {
  Events events;
  const EntryId before = EntryId::New(), first = EntryId::New(), second = EntryId::New();
  events.Publish(EventKind::kEntryCreated, before);
  int woken = 0;
  const auto watcher = events.Watch([&] { ++woken; });
  EXPECT_FALSE(watcher->Next().ValueOrDie().has_value());
  events.Publish(EventKind::kEntryCreated, first);
  events.Publish(EventKind::kEntryDeleted, second);
  EXPECT_EQ(woken, 2);
  const Event one = *watcher->Next().ValueOrDie();
  EXPECT_EQ(one.kind, EventKind::kEntryCreated);
  EXPECT_EQ(one.entry, first);
  const Event two = *watcher->Next().ValueOrDie();
  EXPECT_EQ(two.kind, EventKind::kEntryDeleted);
  EXPECT_EQ(two.entry, second);
  EXPECT_FALSE(watcher->Next().ValueOrDie().has_value());
}

TEST(Events, AWatcherThatIsTooSlowIsToldSoAfterWhatItCanStillHave) {
  Events events;
  const auto slow = events.Watch([] {});
  const auto fast = events.Watch([] {});
  for (size_t i = 0; i < Events::kQueuedMax + 1; ++i) {
    events.Publish(EventKind::kEntryCreated, EntryId::New());
    EXPECT_TRUE(fast->Next().ValueOrDie().has_value());
  }
  for (size_t i = 0; i < Events::kQueuedMax; ++i) ASSERT_TRUE(slow->Next().ValueOrDie().has_value()) << i;
  const auto lost = slow->Next();
  EXPECT_EQ(CodeOf(lost.status()), Code::kResourceExhausted);
  EXPECT_NE(lost.status().message().find("1024"), std::string::npos) << lost.status().message();
  EXPECT_FALSE(fast->Next().ValueOrDie().has_value());
}

TEST(Events, AWatcherThatHasEndedIsNotWoken) {
  int woken = 0;
  std::shared_ptr<Events::Watcher> watcher;
  {
    Events events;
    watcher = events.Watch([&] { ++woken; });
    watcher.reset();
    events.Publish(EventKind::kEntryCreated, EntryId::New());
    EXPECT_EQ(woken, 0);
    watcher = events.Watch([&] { ++woken; });
  }
  EXPECT_FALSE(watcher->Next().ValueOrDie().has_value());  // outlives the events
}

class CatalogEvents : public testing::CatalogTest {};

TEST_F(CatalogEvents, TellOfDatasetsThatAreCreatedAndDeletedAndOfNothingElse) {
  const auto watcher = catalog_->events().Watch([] {});
  const EntryId robots = MakeDataset("robots");
  EXPECT_FALSE(catalog_->CreateDataset("robots").ok());
  EXPECT_TRUE(catalog_->RenameEntry(robots, "machines").ok());
  EXPECT_TRUE(catalog_->DeleteEntry(robots).ok());
  EXPECT_FALSE(catalog_->DeleteEntry(robots).ok());
  const Event created = *watcher->Next().ValueOrDie();
  EXPECT_EQ(created.kind, EventKind::kEntryCreated);
  EXPECT_EQ(created.entry, robots);
  const Event deleted = *watcher->Next().ValueOrDie();
  EXPECT_EQ(deleted.kind, EventKind::kEntryDeleted);
  EXPECT_EQ(deleted.entry, robots);
  EXPECT_FALSE(watcher->Next().ValueOrDie().has_value());
}

}  // namespace
}  // namespace mutoscope::catalog
