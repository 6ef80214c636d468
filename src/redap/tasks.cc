#include <algorithm>
#include <chrono>

#include "arrow/builder.h"
#include "base/status.h"
#include "redap/columns.h"
#include "redap/handlers.h"

namespace mutoscope::redap {
namespace {

constexpr std::chrono::hours kWaitMax{24};
constexpr size_t kTasksAskedAtOnce = 256;
const auto kTimestamp = arrow::timestamp(arrow::TimeUnit::NANO);

template <typename Request>
std::vector<std::string> TaskIds(const Request& request) {
  std::vector<std::string> ids;
  for (const auto& id : request.ids()) ids.push_back(id.id());
  return ids;
}

std::string StatusName(catalog::TaskState::Status status) {
  switch (status) {
    case catalog::TaskState::Status::kPending:
      return "pending";
    case catalog::TaskState::Status::kSuccess:
      return "success";
    default:
      return "failed";
  }
}

// redap.md §3.3, with the 0.41 form of column 6: 0.36 clients do not look at it.
arrow::Result<common::DataframePart> TaskTable(const std::vector<catalog::TaskState>& tasks) {
  const auto rows = static_cast<int64_t>(tasks.size());
  std::vector<std::string> ids, statuses;
  std::vector<std::optional<std::string>> messages;
  std::vector<std::optional<int64_t>> created, updated;
  for (const auto& task : tasks) {
    ids.push_back(task.id);
    statuses.push_back(StatusName(task.status));
    messages.push_back(task.message.empty() ? std::nullopt : std::optional(task.message));
    created.push_back(task.created_at_ns == 0 ? std::nullopt : std::optional(task.created_at_ns));
    updated.push_back(task.updated_at_ns == 0 ? std::nullopt : std::optional(task.updated_at_ns));
  }
  arrow::UInt8Builder attempts;
  for (int64_t i = 0; i < rows; ++i) ARROW_RETURN_NOT_OK(attempts.Append(1));

  Table table;
  const auto nulls = [&](const char* name, const std::shared_ptr<arrow::DataType>& type) {
    return table.Add(MakeField(name, type, true), NullColumn(type, rows));
  };
  ARROW_RETURN_NOT_OK(table.Add(MakeField("task_id", arrow::utf8(), false), TextColumn(ids)));
  ARROW_RETURN_NOT_OK(nulls("kind", arrow::utf8()));
  ARROW_RETURN_NOT_OK(nulls("data", arrow::utf8()));
  ARROW_RETURN_NOT_OK(table.Add(MakeField("exec_status", arrow::utf8(), false), TextColumn(statuses)));
  ARROW_RETURN_NOT_OK(table.Add(MakeField("msgs", arrow::utf8(), true), OptionalTextColumn(messages)));
  ARROW_RETURN_NOT_OK(nulls("blob", arrow::binary()));
  ARROW_RETURN_NOT_OK(nulls("lease_owner", arrow::utf8()));
  ARROW_RETURN_NOT_OK(nulls("lease_expiration", kTimestamp));
  ARROW_RETURN_NOT_OK(table.Add(MakeField("attempts", arrow::uint8(), false), attempts.Finish()));
  ARROW_RETURN_NOT_OK(table.Add(MakeField("creation_time", kTimestamp, true), TimeColumn(kTimestamp, created)));
  ARROW_RETURN_NOT_OK(table.Add(MakeField("last_update_time", kTimestamp, true), TimeColumn(kTimestamp, updated)));
  return ToProto(*table.ToBatch(rows));
}

arrow::Result<std::chrono::nanoseconds> TimeoutOf(const cloud::QueryTasksOnCompletionRequest& request) {
  if (!request.has_timeout()) return kWaitMax;
  const auto& timeout = request.timeout();
  if (timeout.seconds() < 0 || timeout.nanos() < 0 || timeout.nanos() >= 1'000'000'000) {
    return base::InvalidArgument("timeout of {} s and {} ns: expected a positive duration", timeout.seconds(), timeout.nanos());
  }
  const auto seconds = std::chrono::seconds(std::min<int64_t>(timeout.seconds(), std::chrono::seconds(kWaitMax).count()));
  return std::min<std::chrono::nanoseconds>(seconds + std::chrono::nanoseconds(timeout.nanos()), kWaitMax);
}

// The position of the first pending task from `next` on. Few are looked at, so that waiting for very many costs little.
size_t FirstPending(const catalog::Catalog& catalog, const std::vector<std::string>& ids, size_t next) {
  while (next < ids.size()) {
    const auto begin = ids.begin() + static_cast<std::ptrdiff_t>(next);
    const auto tasks =
        catalog.QueryTasks({begin, begin + static_cast<std::ptrdiff_t>(std::min(kTasksAskedAtOnce, ids.size() - next))});
    const auto pending = std::ranges::find(tasks, catalog::TaskState::Status::kPending, &catalog::TaskState::status);
    next += static_cast<size_t>(pending - tasks.begin());
    if (pending != tasks.end()) break;
  }
  return next;
}

}  // namespace

arrow::Status CancelTasks(const Call& call, const cloud::CancelTasksRequest& request, cloud::CancelTasksResponse*) {
  return call.engine.catalog.CancelTasks(TaskIds(request));
}

arrow::Status QueryTasks(const Call& call, const cloud::QueryTasksRequest& request, cloud::QueryTasksResponse* response) {
  ARROW_ASSIGN_OR_RAISE(*response->mutable_data(), TaskTable(call.engine.catalog.QueryTasks(TaskIds(request))));
  return arrow::Status::OK();
}

// Stock clients raise TimeoutError for DEADLINE_EXCEEDED, and take a task that is listed as pending for one that has failed.
arrow::Result<Generator<cloud::QueryTasksOnCompletionResponse>> QueryTasksOnCompletion(
    const Call& call, const cloud::QueryTasksOnCompletionRequest& request) {
  ARROW_ASSIGN_OR_RAISE(const auto timeout, TimeoutOf(request));
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  struct Wakers {  // asked before the tasks are: a change in between is not missed
    std::shared_ptr<void> changed, stopping, deadline;
  };
  Wakers wakers{call.engine.catalog.OnTasksChanged(call.wake), call.stop->OnStop(call.wake), call.wake_at(deadline)};
  return [catalog = &call.engine.catalog, ids = TaskIds(request), next = size_t{0}, deadline, timeout, stop = call.stop,
          wakers = std::move(wakers)](cloud::QueryTasksOnCompletionResponse* out) mutable -> arrow::Result<Produced> {
    next = FirstPending(*catalog, ids, next);
    if (next == ids.size()) {
      ARROW_ASSIGN_OR_RAISE(*out->mutable_data(), TaskTable(catalog->QueryTasks(ids)));
      return Produced::kLastMessage;
    }
    ARROW_RETURN_NOT_OK(stop->Check());
    if (std::chrono::steady_clock::now() < deadline) return Produced::kLater;
    const auto pending =
        std::ranges::count(catalog->QueryTasks(ids), catalog::TaskState::Status::kPending, &catalog::TaskState::status);
    return base::Error(base::Code::kDeadlineExceeded,
                       fmt::format("{} of {} tasks are still pending after {} s; they go on, ask again", pending, ids.size(),
                                   std::chrono::duration<double>(timeout).count()));
  };
}

}  // namespace mutoscope::redap
