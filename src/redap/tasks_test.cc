// Waiting for tasks: what ends the wait, and with which status.
#include <gtest/gtest.h>

#include <atomic>
#include <latch>

#include "catalog/testing/recordings.h"
#include "redap/handlers.h"

namespace mutoscope::redap {
namespace {

using base::Code;
using base::CodeOf;

// A registration whose task is pending until Release().
class WaitForTasks : public catalog::testing::CatalogTest {
 protected:
  WaitForTasks() : engine_{*catalog_, "0.0.0", {}, {}, {}} {
    catalog::Catalog::RegisterOptions options;
    options.wait = std::chrono::nanoseconds(0);
    options.before_commit = [this] { gate_.wait(); };
    const auto rows = catalog_->Register(MakeDataset("robots"), {{WriteRecording("a"), "", false}}, options).ValueOrDie();
    request_.add_ids()->set_id(rows.at(0).task_id);
  }
  ~WaitForTasks() override {
    Release();
    Close();
  }
  void Release() {
    if (!gate_.try_wait()) gate_.count_down();
  }
  Call MakeCall() {
    return {engine_,
            std::nullopt,
            std::nullopt,
            [] { return false; },
            [this] {
              woken_ = true;
              woken_.notify_all();
            },
            [this](std::chrono::steady_clock::time_point time) {
              wake_at_ = time;
              return nullptr;
            },
            stop_};
  }

  std::latch gate_{1};
  Engine engine_;
  std::shared_ptr<StopSignal> stop_ = std::make_shared<StopSignal>();
  std::atomic<bool> woken_ = false;
  std::chrono::steady_clock::time_point wake_at_;
  cloud::QueryTasksOnCompletionRequest request_;
  cloud::QueryTasksOnCompletionResponse response_;
};

TEST_F(WaitForTasks, EndsWithTheTableWhenAllAreFinished) {
  const Call call = MakeCall();
  const auto generator = QueryTasksOnCompletion(call, request_).ValueOrDie();
  EXPECT_EQ(generator(&response_).ValueOrDie(), Produced::kLater);
  EXPECT_FALSE(woken_);
  Release();
  woken_.wait(false);
  ASSERT_EQ(generator(&response_).ValueOrDie(), Produced::kLastMessage);
  const auto table = FromProto(response_.data()).ValueOrDie();
  ASSERT_EQ(table->num_rows(), 1);
  EXPECT_EQ(table->GetColumnByName("exec_status")->GetScalar(0).ValueOrDie()->ToString(), "success");
}

TEST_F(WaitForTasks, EndsWithDeadlineExceededAfterTheTimeout) {
  request_.mutable_timeout()->set_nanos(1);
  const Call call = MakeCall();
  const auto before = std::chrono::steady_clock::now();
  const auto generator = QueryTasksOnCompletion(call, request_).ValueOrDie();
  EXPECT_GE(wake_at_, before);
  EXPECT_LE(wake_at_, std::chrono::steady_clock::now() + std::chrono::nanoseconds(1));
  const auto late = generator(&response_);
  EXPECT_EQ(CodeOf(late.status()), Code::kDeadlineExceeded);
  EXPECT_NE(late.status().message().find("1 of 1 tasks are still pending"), std::string::npos) << late.status().message();
}

TEST_F(WaitForTasks, EndsWhenTheTaskIsCancelled) {
  const Call call = MakeCall();
  const auto generator = QueryTasksOnCompletion(call, request_).ValueOrDie();
  cloud::CancelTasksRequest cancel;
  *cancel.mutable_ids() = request_.ids();
  cloud::CancelTasksResponse nothing;
  ASSERT_TRUE(CancelTasks(call, cancel, &nothing).ok());
  EXPECT_TRUE(woken_);
  ASSERT_EQ(generator(&response_).ValueOrDie(), Produced::kLastMessage);
  const auto table = FromProto(response_.data()).ValueOrDie();
  EXPECT_EQ(table->GetColumnByName("exec_status")->GetScalar(0).ValueOrDie()->ToString(), "failed");
}

TEST_F(WaitForTasks, EndsWhenTheServerStops) {
  const Call call = MakeCall();
  const auto generator = QueryTasksOnCompletion(call, request_).ValueOrDie();
  EXPECT_EQ(generator(&response_).ValueOrDie(), Produced::kLater);
  stop_->Stop();
  EXPECT_TRUE(woken_);
  EXPECT_EQ(CodeOf(generator(&response_).status()), Code::kUnavailable);
}

TEST_F(WaitForTasks, RefusesATimeoutThatIsNone) {
  request_.mutable_timeout()->set_seconds(-1);
  EXPECT_EQ(CodeOf(QueryTasksOnCompletion(MakeCall(), request_).status()), Code::kInvalidArgument);
  request_.mutable_timeout()->set_seconds(std::numeric_limits<int64_t>::max());  // as long as it takes, at most a day
  EXPECT_TRUE(QueryTasksOnCompletion(MakeCall(), request_).ok());
}

}  // namespace
}  // namespace mutoscope::redap
