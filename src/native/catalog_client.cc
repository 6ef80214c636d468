#include "native/catalog_client.h"

#include <algorithm>
#include <map>

#include "base/status.h"
#include "native/dataset_client.h"
#include "native/entries.h"
#include "native/redap_calls.h"

namespace mutoscope::native {
namespace {

// How long a waiting call is left alone before `cancelled` is asked again.
constexpr std::chrono::nanoseconds kCancelPoll = std::chrono::milliseconds(100);

cloud::EntryFilter AllDatasets() {
  cloud::EntryFilter filter;
  filter.add_entry_kinds(cloud::ENTRY_KIND_DATASET);
  filter.add_entry_kinds(cloud::ENTRY_KIND_BLUEPRINT_DATASET);
  filter.add_entry_kinds(cloud::ENTRY_KIND_ASSET_DATASET);
  return filter;
}

TaskState::Status StatusOf(const std::string& text) {
  if (text == "pending") return TaskState::Status::kPending;
  return text == "success" ? TaskState::Status::kSuccess : TaskState::Status::kFailed;
}

std::map<std::string, TaskState> StatesOf(const arrow::Table& table) {
  std::map<std::string, TaskState> states;
  for (int64_t row = 0; row < table.num_rows(); ++row) {
    TaskState state{CellText(table, "task_id", row), StatusOf(CellText(table, "exec_status", row)), CellText(table, "msgs", row)};
    states[state.task_id] = state;
  }
  return states;
}

// The states of the tasks when they are finished, or after that time.
arrow::Result<std::map<std::string, TaskState>> AskTasks(Transport& transport, const std::vector<std::string>& ids,
                                                         std::chrono::nanoseconds timeout) {
  cloud::QueryTasksOnCompletionRequest request;
  for (const auto& id : ids) request.add_ids()->set_id(id);
  request.mutable_timeout()->set_seconds(std::chrono::duration_cast<std::chrono::seconds>(timeout).count());
  request.mutable_timeout()->set_nanos(static_cast<int32_t>((timeout % std::chrono::seconds(1)).count()));
  const auto finished = CallTable<cloud::QueryTasksOnCompletionResponse>(transport, kQueryTasksOnCompletion, {}, request);
  if (finished.ok()) return StatesOf(**finished);
  if (base::CodeOf(finished.status()) != base::Code::kDeadlineExceeded) return finished.status();
  cloud::QueryTasksRequest now;
  *now.mutable_ids() = request.ids();
  ARROW_ASSIGN_OR_RAISE(const auto response, CallUnary<cloud::QueryTasksResponse>(transport, kQueryTasks, {}, now));
  ARROW_ASSIGN_OR_RAISE(const auto batch, redap::FromProto(response.data()));
  ARROW_ASSIGN_OR_RAISE(const auto table, arrow::Table::FromRecordBatches({batch}));
  return StatesOf(*table);
}

}  // namespace

std::shared_ptr<Dataset> CatalogClient::DatasetOf(Entry entry) const {
  return std::make_shared<DatasetClient>(transport_, queries_, std::move(entry));
}

arrow::Result<VersionInfo> CatalogClient::Version() const {
  ARROW_ASSIGN_OR_RAISE(const auto response,
                        CallUnary<cloud::VersionResponse>(*transport_, kVersion, {}, cloud::VersionRequest()));
  return VersionInfo{response.version(), {response.features().begin(), response.features().end()}};
}

arrow::Result<std::vector<Entry>> CatalogClient::Entries(bool include_hidden) const {
  cloud::EntryFilter filter = AllDatasets();
  if (!include_hidden) {
    filter.clear_entry_kinds();
    filter.add_entry_kinds(cloud::ENTRY_KIND_DATASET);
  }
  for (const auto kind : {cloud::ENTRY_KIND_DATASET_VIEW, cloud::ENTRY_KIND_TABLE, cloud::ENTRY_KIND_TABLE_VIEW}) {
    filter.add_entry_kinds(kind);
  }
  ARROW_ASSIGN_OR_RAISE(auto entries, FindEntries(*transport_, filter));
  // The system table has the kind of any other and is told by its name.
  if (!include_hidden) std::erase_if(entries, [](const Entry& entry) { return entry.name.starts_with("__"); });
  return entries;
}

arrow::Result<std::shared_ptr<Dataset>> CatalogClient::GetDataset(const std::string& name) const {
  cloud::EntryFilter filter = AllDatasets();
  filter.set_name(name);
  ARROW_ASSIGN_OR_RAISE(auto entries, FindEntries(*transport_, filter));
  if (entries.empty()) return base::NotFound("dataset '{}' does not exist", name);
  return DatasetOf(std::move(entries[0]));
}

arrow::Result<std::shared_ptr<Dataset>> CatalogClient::GetDatasetById(const std::string& id) const {
  cloud::EntryFilter filter = AllDatasets();
  ARROW_ASSIGN_OR_RAISE(*filter.mutable_id(), EntryIdFromText(id));
  ARROW_ASSIGN_OR_RAISE(auto entries, FindEntries(*transport_, filter));
  if (entries.empty()) return base::NotFound("there is no dataset with the id {}", id);
  return DatasetOf(std::move(entries[0]));
}

arrow::Result<std::shared_ptr<Dataset>> CatalogClient::CreateDataset(const std::string& name) {
  cloud::CreateDatasetEntryRequest request;
  request.set_name(name);
  ARROW_ASSIGN_OR_RAISE(const auto response,
                        CallUnary<cloud::CreateDatasetEntryResponse>(*transport_, kCreateDatasetEntry, {}, request));
  return DatasetOf(FromProto(response.dataset().details()));
}

arrow::Result<Entry> CatalogClient::RenameEntry(const std::string& id, const std::string& name) {
  cloud::UpdateEntryRequest request;
  ARROW_ASSIGN_OR_RAISE(*request.mutable_id(), EntryIdFromText(id));
  request.mutable_entry_details_update()->set_name(name);
  ARROW_ASSIGN_OR_RAISE(const auto response,
                        CallUnary<cloud::UpdateEntryResponse>(*transport_, kUpdateEntry, EntryHeader(id), request));
  return FromProto(response.entry_details());
}

arrow::Status CatalogClient::DeleteEntry(const std::string& id) {
  cloud::DeleteEntryRequest request;
  ARROW_ASSIGN_OR_RAISE(*request.mutable_id(), EntryIdFromText(id));
  return CallUnary<cloud::DeleteEntryResponse>(*transport_, kDeleteEntry, EntryHeader(id), request).status();
}

arrow::Result<std::vector<TaskState>> CatalogClient::WaitForTasks(const std::vector<std::string>& task_ids,
                                                                  std::chrono::nanoseconds timeout,
                                                                  const std::function<bool()>& cancelled) const {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::nanoseconds kLongest = std::chrono::hours(24);  // so that `now + timeout` cannot overflow
  if (task_ids.empty()) return std::vector<TaskState>();
  std::vector<std::string> distinct = task_ids;
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  const auto deadline = Clock::now() + std::clamp(timeout, std::chrono::nanoseconds(0), kLongest);
  for (;;) {
    const std::chrono::nanoseconds left = std::max(deadline - Clock::now(), Clock::duration::zero());
    ARROW_ASSIGN_OR_RAISE(auto states, AskTasks(*transport_, distinct, cancelled ? std::min(left, kCancelPoll) : left));
    const bool pending = std::any_of(states.begin(), states.end(),
                                     [](const auto& state) { return state.second.status == TaskState::Status::kPending; });
    if (pending && Clock::now() < deadline && !(cancelled && cancelled())) continue;
    std::vector<TaskState> answer;
    for (const auto& id : task_ids) {
      auto& state = states[id];
      state.task_id = id;
      answer.push_back(state);
    }
    return answer;
  }
}

arrow::Status CatalogClient::CancelTasks(const std::vector<std::string>& task_ids) {
  cloud::CancelTasksRequest request;
  for (const auto& id : task_ids) request.add_ids()->set_id(id);
  return CallUnary<cloud::CancelTasksResponse>(*transport_, kCancelTasks, {}, request).status();
}

arrow::Status CatalogClient::DoGlobalMaintenance() {
  return CallUnary<cloud::DoGlobalMaintenanceResponse>(*transport_, kDoGlobalMaintenance, {}, cloud::DoGlobalMaintenanceRequest())
      .status();
}

arrow::Result<uint64_t> CatalogClient::TestBandwidth(uint64_t bytes) const {
  cloud::DoBandwidthTestRequest request;
  request.set_num_bytes(bytes);
  uint64_t received = 0;
  const auto take = [&](const cloud::DoBandwidthTestResponse& response) {
    received += response.payload().size();
    return arrow::Status::OK();
  };
  ARROW_RETURN_NOT_OK(CallStream<cloud::DoBandwidthTestResponse>(*transport_, kDoBandwidthTest, {}, request, take));
  return received;
}

}  // namespace mutoscope::native
