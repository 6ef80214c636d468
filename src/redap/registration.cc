#include <chrono>

#include "arrow/builder.h"
#include "base/status.h"
#include "redap/columns.h"
#include "redap/handlers.h"
#include "redap/manifest_schema.h"

namespace mutoscope::redap {
namespace {

constexpr std::chrono::nanoseconds kWaitDefault = std::chrono::hours(1);
const auto kTimestamp = arrow::timestamp(arrow::TimeUnit::NANO);

arrow::Result<catalog::DataSource> FromProto(const cloud::DataSource& source) {
  if (!source.has_storage_url() || source.storage_url().empty())
    return base::InvalidArgument("data source: the storage_url is missing");
  if (source.typ() != cloud::DATA_SOURCE_KIND_RRD) {
    return base::InvalidArgument("data source '{}': its type is not RRD, the only one there is", source.storage_url());
  }
  return catalog::DataSource{source.storage_url(), source.layer(), source.prefix()};
}

arrow::Result<catalog::OnDuplicate> FromProto(common::IfDuplicateBehavior behavior) {
  switch (behavior) {
    case common::IF_DUPLICATE_BEHAVIOR_UNSPECIFIED:
    case common::IF_DUPLICATE_BEHAVIOR_SKIP:
      return catalog::OnDuplicate::kSkip;
    case common::IF_DUPLICATE_BEHAVIOR_OVERWRITE:
      return catalog::OnDuplicate::kOverwrite;
    case common::IF_DUPLICATE_BEHAVIOR_ERROR:
      return catalog::OnDuplicate::kError;
    default:
      return base::InvalidArgument("on_duplicate {} is unknown", static_cast<int>(behavior));
  }
}

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

arrow::Status RegisterWithDataset(const Call& call, const cloud::RegisterWithDatasetRequest& request,
                                  cloud::RegisterWithDatasetResponse* response) {
  ARROW_ASSIGN_OR_RAISE(const auto dataset, EntryOf(call));
  std::vector<catalog::DataSource> sources;
  for (const auto& source : request.data_sources()) {
    ARROW_ASSIGN_OR_RAISE(sources.emplace_back(), FromProto(source));
  }
  catalog::Catalog::RegisterOptions options;
  ARROW_ASSIGN_OR_RAISE(options.on_duplicate, FromProto(request.on_duplicate()));
  ARROW_ASSIGN_OR_RAISE(const auto registered, call.engine.catalog.Register(dataset, sources, options));

  std::vector<std::string> segments, layers, types, urls, tasks;
  for (const auto& row : registered) {
    segments.push_back(row.segment_id);
    layers.push_back(row.layer);
    types.emplace_back("rrd");
    urls.push_back(row.storage_url);
    tasks.push_back(row.task_id);
  }
  Table table;
  const auto text = [&](const char* name, const std::vector<std::string>& values) {
    return table.Add(MakeField(name, arrow::utf8(), false), TextColumn(values));
  };
  ARROW_RETURN_NOT_OK(text("rerun_segment_id", segments));
  ARROW_RETURN_NOT_OK(text("rerun_segment_layer", layers));
  ARROW_RETURN_NOT_OK(text("rerun_segment_type", types));
  ARROW_RETURN_NOT_OK(text("rerun_storage_url", urls));
  ARROW_RETURN_NOT_OK(text("rerun_task_id", tasks));
  ARROW_ASSIGN_OR_RAISE(*response->mutable_data(), ToProto(*table.ToBatch(static_cast<int64_t>(registered.size()))));
  return arrow::Status::OK();
}

arrow::Result<Generator<cloud::UnregisterFromDatasetResponse>> UnregisterFromDataset(
    const Call& call, const cloud::UnregisterFromDatasetRequest& request) {
  ARROW_ASSIGN_OR_RAISE(const auto dataset, EntryOf(call));
  std::vector<std::string> segments;
  for (const auto& segment : request.segments_to_drop()) segments.push_back(segment.id());
  const std::vector<std::string> layers(request.layers_to_drop().begin(), request.layers_to_drop().end());
  ARROW_RETURN_NOT_OK(call.engine.catalog.Unregister(dataset, segments, layers).status());
  ARROW_ASSIGN_OR_RAISE(const auto snapshot, call.engine.catalog.Snapshot(dataset));
  const auto schema = DatasetManifestSchema(*snapshot);
  ARROW_ASSIGN_OR_RAISE(
      const auto empty,
      arrow::RecordBatch::MakeEmpty(arrow::schema(arrow::FieldVector(schema->fields().begin(), schema->fields().begin() + 10))));
  std::vector<cloud::UnregisterFromDatasetResponse> responses(1);
  ARROW_ASSIGN_OR_RAISE(*responses[0].mutable_data(), ToProto(*empty));
  responses[0].mutable_task_id()->set_id("done");  // the work is done: no task waits, and unknown tasks succeed
  return Each(std::move(responses));
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
