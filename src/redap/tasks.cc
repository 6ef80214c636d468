#include <chrono>

#include "arrow/builder.h"
#include "base/status.h"
#include "redap/columns.h"
#include "redap/handlers.h"

namespace mutoscope::redap {
namespace {

constexpr std::chrono::nanoseconds kWaitDefault = std::chrono::hours(1);
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

}  // namespace

arrow::Status CancelTasks(const Call&, const cloud::CancelTasksRequest&, cloud::CancelTasksResponse*) {
  return base::Unimplemented("CancelTasks is not implemented by this server");
}

arrow::Status QueryTasks(const Call& call, const cloud::QueryTasksRequest& request, cloud::QueryTasksResponse* response) {
  ARROW_ASSIGN_OR_RAISE(*response->mutable_data(), TaskTable(call.engine.catalog.QueryTasks(TaskIds(request))));
  return arrow::Status::OK();
}

arrow::Result<Generator<cloud::QueryTasksOnCompletionResponse>> QueryTasksOnCompletion(
    const Call& call, const cloud::QueryTasksOnCompletionRequest& request) {
  std::chrono::nanoseconds timeout = kWaitDefault;
  if (request.has_timeout()) {
    timeout = std::chrono::seconds(request.timeout().seconds()) + std::chrono::nanoseconds(request.timeout().nanos());
  }
  std::vector<cloud::QueryTasksOnCompletionResponse> responses(1);
  const auto tasks = call.engine.catalog.WaitForTasks(TaskIds(request), std::min(timeout, kWaitDefault), call.cancelled);
  ARROW_ASSIGN_OR_RAISE(*responses[0].mutable_data(), TaskTable(tasks));
  return Each(std::move(responses));
}

}  // namespace mutoscope::redap
