#include "cli/client.h"

#include <grpcpp/grpcpp.h>

#include <map>

#include "arrow/array.h"
#include "arrow/io/memory.h"
#include "arrow/ipc/reader.h"
#include "arrow/scalar.h"
#include "base/status.h"
#include "redap/convert.h"

namespace mutoscope::cli {
namespace {

namespace common = rerun::common::v1alpha1;

// All messages of a stream, each with a dataframe part, as one table.
template <typename Response, typename Part>
arrow::Result<std::shared_ptr<arrow::Table>> ReadTable(grpc::ClientReader<Response>& reader, Part part) {
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  Response response;
  while (reader.Read(&response)) {
    ARROW_ASSIGN_OR_RAISE(auto batch, redap::FromProto(part(response)));
    batches.push_back(std::move(batch));
  }
  ARROW_RETURN_NOT_OK(FromGrpc(reader.Finish()));
  if (batches.empty()) return base::Internal("the server answered a table without a single batch");
  ARROW_ASSIGN_OR_RAISE(const auto table, arrow::Table::FromRecordBatches(batches));
  return table->CombineChunks();
}

}  // namespace

std::string IdText(const common::EntryId& id) { return base::Tuid{id.id().time_ns(), id.id().inc()}.text(); }

std::unique_ptr<grpc::ClientContext> ContextFor(const common::EntryId& entry) {
  auto context = std::make_unique<grpc::ClientContext>();
  context->AddMetadata("x-rerun-entry-id", IdText(entry));
  context->AddMetadata("x-rerun-client-version", "mutoscope-cli/" MUTOSCOPE_VERSION);
  return context;
}

arrow::Result<std::vector<cloud::EntryDetails>> ListDatasets(Connection& connection, bool hidden) {
  cloud::FindEntriesRequest request;
  request.mutable_filter()->add_entry_kinds(cloud::ENTRY_KIND_DATASET);
  if (hidden) {
    request.mutable_filter()->add_entry_kinds(cloud::ENTRY_KIND_BLUEPRINT_DATASET);
    request.mutable_filter()->add_entry_kinds(cloud::ENTRY_KIND_ASSET_DATASET);
  }
  cloud::FindEntriesResponse response;
  grpc::ClientContext context;
  ARROW_RETURN_NOT_OK(FromGrpc(connection.stub().FindEntries(&context, request, &response)));
  std::vector<cloud::EntryDetails> entries(response.entries().begin(), response.entries().end());
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name() < b.name(); });
  return entries;
}

arrow::Result<cloud::DatasetEntry> FindDataset(Connection& connection, const std::string& name_or_id) {
  ARROW_ASSIGN_OR_RAISE(const auto entries, ListDatasets(connection, /*hidden=*/true));
  for (const auto& entry : entries) {
    if (entry.name() != name_or_id && IdText(entry.id()) != name_or_id) continue;
    cloud::ReadDatasetEntryResponse response;
    const auto context = ContextFor(entry.id());
    ARROW_RETURN_NOT_OK(FromGrpc(connection.stub().ReadDatasetEntry(context.get(), {}, &response)));
    return response.dataset();
  }
  return base::NotFound("dataset '{}' does not exist; `mutoscope dataset list` shows those that do", name_or_id);
}

arrow::Result<std::shared_ptr<arrow::Table>> DatasetManifest(Connection& connection, const common::EntryId& dataset) {
  const auto context = ContextFor(dataset);
  cloud::ScanDatasetManifestRequest request;
  for (const char* column :
       {"rerun_layer_name", "rerun_segment_id", "rerun_storage_url", "rerun_num_chunks", "rerun_size_bytes"}) {
    request.add_columns(column);
  }
  const auto reader = connection.stub().ScanDatasetManifest(context.get(), request);
  return ReadTable(*reader, [](const auto& response) { return response.data(); });
}

arrow::Result<std::shared_ptr<arrow::Schema>> DatasetSchema(Connection& connection, const common::EntryId& dataset) {
  const auto context = ContextFor(dataset);
  cloud::GetDatasetSchemaResponse response;
  ARROW_RETURN_NOT_OK(FromGrpc(connection.stub().GetDatasetSchema(context.get(), {}, &response)));
  arrow::io::BufferReader source(arrow::Buffer::FromString(response.schema().arrow_schema()));
  ARROW_ASSIGN_OR_RAISE(const auto reader, arrow::ipc::RecordBatchStreamReader::Open(&source));
  return reader->schema();
}

arrow::Result<std::vector<Registered>> RegisterAndWait(Connection& connection, const common::EntryId& dataset,
                                                       const cloud::RegisterWithDatasetRequest& request) {
  cloud::RegisterWithDatasetResponse response;
  const auto context = ContextFor(dataset);
  ARROW_RETURN_NOT_OK(FromGrpc(connection.stub().RegisterWithDataset(context.get(), request, &response)));
  ARROW_ASSIGN_OR_RAISE(const auto batch, redap::FromProto(response.data()));
  ARROW_ASSIGN_OR_RAISE(const auto rows, arrow::Table::FromRecordBatches({batch}));

  cloud::QueryTasksOnCompletionRequest wait;
  std::map<std::string, std::pair<std::string, std::string>> outcomes;  // by task: status, message
  for (int64_t i = 0; i < rows->num_rows(); ++i) {
    const auto id = CellText(*rows, "rerun_task_id", i);
    if (outcomes.try_emplace(id).second) wait.add_ids()->set_id(id);
  }
  if (wait.ids_size() > 0) {
    grpc::ClientContext wait_context;
    const auto reader = connection.stub().QueryTasksOnCompletion(&wait_context, wait);
    ARROW_ASSIGN_OR_RAISE(const auto tasks, ReadTable(*reader, [](const auto& part) { return part.data(); }));
    for (int64_t i = 0; i < tasks->num_rows(); ++i) {
      outcomes[CellText(*tasks, "task_id", i)] = {CellText(*tasks, "exec_status", i), CellText(*tasks, "msgs", i)};
    }
  }
  std::vector<Registered> registered;
  for (int64_t i = 0; i < rows->num_rows(); ++i) {
    const auto& [status, message] = outcomes[CellText(*rows, "rerun_task_id", i)];
    registered.push_back({CellText(*rows, "rerun_segment_id", i), CellText(*rows, "rerun_segment_layer", i),
                          CellText(*rows, "rerun_storage_url", i), status, message});
  }
  return registered;
}

std::string CellText(const arrow::Table& table, const std::string& column, int64_t row) {
  const auto values = table.GetColumnByName(column);
  if (values == nullptr) return "";
  const auto cell = values->GetScalar(row);
  return cell.ok() && (*cell)->is_valid ? (*cell)->ToString() : "";
}

uint64_t CellNumber(const arrow::Table& table, const std::string& column, int64_t row) {
  const auto values = table.GetColumnByName(column);
  if (values == nullptr || values->type()->id() != arrow::Type::UINT64) return 0;
  const auto cell = values->GetScalar(row);
  return cell.ok() && (*cell)->is_valid ? static_cast<const arrow::UInt64Scalar&>(**cell).value : 0;
}

}  // namespace mutoscope::cli
