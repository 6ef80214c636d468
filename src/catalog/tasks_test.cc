// Registrations whose callers do not wait: what their tasks say, and when they are cancelled.
#include <condition_variable>
#include <future>
#include <latch>

#include "catalog/task_rows.h"
#include "catalog/testing/recordings.h"

namespace mutoscope::catalog {
namespace {

using namespace testing;  // NOLINT: builders
using Status = TaskState::Status;

class PendingTasks : public testing::CatalogTest {
 protected:
  PendingTasks() : dataset_(MakeDataset("robots")) {}
  ~PendingTasks() override {
    Release();
    Close();  // the registration waits at the gate
  }

  // Registers without waiting; nothing becomes visible before Release().
  std::vector<RegisteredSource> Start(const std::vector<std::string>& paths, OnDuplicate on_duplicate = OnDuplicate::kError) {
    std::vector<DataSource> sources;
    for (const std::string& path : paths) sources.push_back({path, "", false});
    Catalog::RegisterOptions options;
    options.on_duplicate = on_duplicate;
    options.wait = std::chrono::nanoseconds(0);
    options.before_commit = [this] { gate_.wait(); };
    return catalog_->Register(dataset_, sources, options).ValueOrDie();
  }
  void Release() {
    if (!gate_.try_wait()) gate_.count_down();
  }
  // Until no task is pending.
  void Wait(const std::vector<RegisteredSource>& rows) {
    std::mutex mutex;
    std::condition_variable changed;
    bool notified = true;
    const auto handle = catalog_->OnTasksChanged([&] {
      std::lock_guard lock(mutex);
      notified = true;
      changed.notify_all();
    });
    for (;;) {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return notified; });
      notified = false;
      lock.unlock();
      if (std::ranges::none_of(rows, [&](const auto& row) { return TaskOf(row).status == Status::kPending; })) return;
    }
  }

  EntryId dataset_;
  std::latch gate_{1};
};

TEST_F(PendingTasks, ArePendingUntilTheRecordingIsVisible) {
  const auto rows = Start({WriteRecording("a"), WriteRecording("b")});
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_NE(rows[0].task_id, rows[1].task_id);
  for (const auto& row : rows) EXPECT_EQ(TaskOf(row).status, Status::kPending);
  EXPECT_TRUE(Snapshot(dataset_)->layers.empty());
  Release();
  Wait(rows);
  for (const auto& row : rows) EXPECT_EQ(TaskOf(row).status, Status::kSuccess) << TaskOf(row).message;
  EXPECT_EQ(Snapshot(dataset_)->segments.size(), 2u);
}

TEST_F(PendingTasks, ThatAreCancelledFailAndTheirRecordingsStayInvisible) {
  ASSERT_TRUE(CatalogTest::Register(dataset_, {WriteRecording("done")}).ok());
  const auto rows = Start({WriteRecording("a"), WriteRecording("b")});
  ASSERT_TRUE(catalog_->CancelTasks({rows[0].task_id, "nobody"}).ok());
  EXPECT_EQ(TaskOf(rows[0]).status, Status::kFailed);
  EXPECT_EQ(TaskOf(rows[1]).status, Status::kPending);
  Release();
  Wait(rows);
  EXPECT_EQ(TaskOf(rows[0]).status, Status::kFailed);
  EXPECT_TRUE(Mentions(TaskOf(rows[0]).message, "cancelled")) << TaskOf(rows[0]).message;
  EXPECT_EQ(TaskOf(rows[1]).status, Status::kSuccess);
  const auto snapshot = Snapshot(dataset_);
  EXPECT_EQ(snapshot->segments.size(), 2u);
  EXPECT_FALSE(snapshot->segment_positions.contains("a"));
  ASSERT_TRUE(catalog_->CancelTasks({rows[1].task_id}).ok());  // finished: left alone
  EXPECT_EQ(TaskOf(rows[1]).status, Status::kSuccess);
  Reopen();
  EXPECT_EQ(TaskOf(rows[0]).status, Status::kFailed);
  EXPECT_EQ(TaskOf(rows[1]).status, Status::kSuccess);
  EXPECT_EQ(Snapshot(dataset_)->segments.size(), 2u);
}

TEST_F(PendingTasks, AllCancelledLeavesNoFile) {
  const auto rows = Start({WriteRecording("a")});
  ASSERT_TRUE(catalog_->CancelTasks({rows[0].task_id}).ok());
  Release();
  Close();  // waits for the registration
  EXPECT_EQ(CountIndexFiles(), 0u);
}

TEST_F(PendingTasks, MixOfGoodAndBad) {
  const auto first = CatalogTest::Register(dataset_, {WriteRecording("there")}).ValueOrDie();
  const auto rows = Start({WriteRecording("new"), first[0].storage_url});
  Release();
  Wait(rows);
  EXPECT_EQ(TaskOf(rows[0]).status, Status::kSuccess);
  EXPECT_EQ(TaskOf(rows[1]).status, Status::kFailed);
  EXPECT_TRUE(Mentions(TaskOf(rows[1]).message, "already")) << TaskOf(rows[1]).message;
}

TEST_F(PendingTasks, FailIfTheirDatasetIsDeletedMeanwhile) {
  const auto rows = Start({WriteRecording("a")});
  ASSERT_TRUE(catalog_->DeleteEntry(dataset_).ok());
  Release();
  Wait(rows);
  EXPECT_EQ(TaskOf(rows[0]).status, Status::kFailed);
  EXPECT_TRUE(Mentions(TaskOf(rows[0]).message, "dataset")) << TaskOf(rows[0]).message;
}

TEST_F(PendingTasks, FailWhenTheCatalogIsClosedBeforeThem) {
  const auto rows = Start({WriteRecording("a")});
  auto closing = std::async(std::launch::async, [&] { Close(); });
  // Closing waits for the registration, which goes on to the end of its transaction, or does not begin it.
  Release();
  closing.get();
  Reopen();
  const TaskState task = TaskOf(rows[0]);
  const bool visible = !Snapshot(dataset_)->segments.empty();
  EXPECT_EQ(task.status, visible ? Status::kSuccess : Status::kFailed);
  EXPECT_EQ(Mentions(task.message, "stopped"), !visible) << task.message;
}

TEST_F(PendingTasks, OfARunThatWasKilledHaveFailed) {
  Close();
  {
    const auto database = Database::Open(directory_ / "data/catalog.db").ValueOrDie();
    ASSERT_TRUE(database
                    ->Write([](soci::session& sql) {
                      TaskWriter(sql).PutPending("task_of_the_dead", 1);
                      return arrow::Status::OK();
                    })
                    .ok());
  }
  Reopen();
  const TaskState task = catalog_->QueryTasks({"task_of_the_dead"}).at(0);
  EXPECT_EQ(task.status, Status::kFailed);
  EXPECT_TRUE(Mentions(task.message, "stopped") && Mentions(task.message, "register it again")) << task.message;
}

TEST_F(PendingTasks, AShortRegistrationIsVisibleWhenTheCallReturns) {
  Catalog::RegisterOptions options;
  options.wait = std::chrono::minutes(1);
  const auto rows = catalog_->Register(dataset_, {{WriteRecording("a"), "", false}}, options).ValueOrDie();
  EXPECT_EQ(TaskOf(rows[0]).status, Status::kSuccess);
  EXPECT_EQ(Snapshot(dataset_)->segments.size(), 1u);
}

TEST_F(PendingTasks, WhatFailsTheWholeCallStillDoes) {
  Catalog::RegisterOptions options;
  options.wait = std::chrono::nanoseconds(0);
  const std::string good = WriteRecording("a");
  const auto missing =
      catalog_->Register(dataset_, {{good, "", false}, {recordings_directory() + "/no.rrd", "", false}}, options);
  EXPECT_EQ(base::CodeOf(missing.status()), base::Code::kNotFound);
  const auto twice = catalog_->Register(dataset_, {{good, "", false}, {good, "", false}}, options);
  EXPECT_EQ(base::CodeOf(twice.status()), base::Code::kInvalidArgument);
  EXPECT_TRUE(Snapshot(dataset_)->segments.empty());
}

}  // namespace
}  // namespace mutoscope::catalog
