#include "native/dataset_client.h"

#include <algorithm>

#include "native/entries.h"
#include "native/redap_calls.h"
#include "storage/source_policy.h"

namespace mutoscope::native {
namespace {

common::IfDuplicateBehavior ToProto(OnDuplicate on_duplicate) {
  switch (on_duplicate) {
    case OnDuplicate::kSkip:
      return common::IF_DUPLICATE_BEHAVIOR_SKIP;
    case OnDuplicate::kReplace:
      return common::IF_DUPLICATE_BEHAVIOR_OVERWRITE;
    default:
      return common::IF_DUPLICATE_BEHAVIOR_ERROR;
  }
}

DatasetDetails FromProto(const cloud::DatasetDetails& wire) {
  DatasetDetails details;
  if (wire.has_blueprint_dataset()) details.blueprint_dataset_id = TextOf(wire.blueprint_dataset());
  if (wire.has_asset_dataset()) details.asset_dataset_id = TextOf(wire.asset_dataset());
  if (wire.has_default_blueprint_segment()) details.default_blueprint = wire.default_blueprint_segment().id();
  if (wire.has_default_segment_table_blueprint_segment()) {
    details.default_segment_table_blueprint = wire.default_segment_table_blueprint_segment().id();
  }
  return details;
}

arrow::Result<cloud::DatasetDetails> ToProto(const DatasetDetails& details) {
  cloud::DatasetDetails wire;
  if (details.blueprint_dataset_id) {
    ARROW_ASSIGN_OR_RAISE(*wire.mutable_blueprint_dataset(), EntryIdFromText(*details.blueprint_dataset_id));
  }
  if (details.asset_dataset_id) {
    ARROW_ASSIGN_OR_RAISE(*wire.mutable_asset_dataset(), EntryIdFromText(*details.asset_dataset_id));
  }
  if (details.default_blueprint) wire.mutable_default_blueprint_segment()->set_id(*details.default_blueprint);
  if (details.default_segment_table_blueprint) {
    wire.mutable_default_segment_table_blueprint_segment()->set_id(*details.default_segment_table_blueprint);
  }
  return wire;
}

// An empty list matches all, as on the wire.
bool Matches(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

arrow::Result<DatasetDetails> DatasetClient::Details() const {
  ARROW_ASSIGN_OR_RAISE(const auto response,
                        CallUnary<cloud::ReadDatasetEntryResponse>(*transport_, kReadDatasetEntry, EntryHeader(entry_.id),
                                                                   cloud::ReadDatasetEntryRequest()));
  return FromProto(response.dataset().dataset_details());
}

arrow::Result<DatasetDetails> DatasetClient::SetDetails(const DatasetDetails& details) {
  cloud::UpdateDatasetEntryRequest request;
  ARROW_ASSIGN_OR_RAISE(*request.mutable_id(), EntryIdFromText(entry_.id));
  ARROW_ASSIGN_OR_RAISE(*request.mutable_dataset_details(), ToProto(details));
  ARROW_ASSIGN_OR_RAISE(const auto response, CallUnary<cloud::UpdateDatasetEntryResponse>(*transport_, kUpdateDatasetEntry,
                                                                                          EntryHeader(entry_.id), request));
  return FromProto(response.dataset().dataset_details());
}

arrow::Result<std::shared_ptr<arrow::Schema>> DatasetClient::Schema() const {
  ARROW_ASSIGN_OR_RAISE(const auto response,
                        CallUnary<cloud::GetDatasetSchemaResponse>(*transport_, kGetDatasetSchema, EntryHeader(entry_.id),
                                                                   cloud::GetDatasetSchemaRequest()));
  return SchemaFromProto(response.schema());
}

arrow::Result<std::shared_ptr<arrow::Table>> DatasetClient::SegmentTable(
    const std::optional<std::vector<std::string>>& columns) const {
  cloud::ScanSegmentTableRequest request;
  // On the wire no names are all columns; a table of no columns still has its rows.
  const bool no_columns = columns && columns->empty();
  if (no_columns) request.add_columns(kSegmentIdColumn);
  if (columns) request.mutable_columns()->Add(columns->begin(), columns->end());
  ARROW_ASSIGN_OR_RAISE(
      auto table, CallTable<cloud::ScanSegmentTableResponse>(*transport_, kScanSegmentTable, EntryHeader(entry_.id), request));
  return no_columns ? table->SelectColumns({}) : table;
}

arrow::Result<std::shared_ptr<arrow::Table>> DatasetClient::Manifest() const {
  return CallTable<cloud::ScanDatasetManifestResponse>(*transport_, kScanDatasetManifest, EntryHeader(entry_.id),
                                                       cloud::ScanDatasetManifestRequest());
}

arrow::Result<std::vector<Registered>> DatasetClient::Register(const std::vector<Source>& sources, OnDuplicate on_duplicate) {
  cloud::RegisterWithDatasetRequest request;
  request.set_on_duplicate(ToProto(on_duplicate));
  for (const auto& source : sources) {
    auto* wire = request.add_data_sources();
    wire->set_typ(cloud::DATA_SOURCE_KIND_RRD);
    wire->set_storage_url(source.url.starts_with('/') ? storage::FileUri(source.url) : source.url);  // the wire knows URLs only
    wire->set_layer(source.layer);
    wire->set_prefix(source.prefix);
  }
  ARROW_ASSIGN_OR_RAISE(const auto response, CallUnary<cloud::RegisterWithDatasetResponse>(*transport_, kRegisterWithDataset,
                                                                                           EntryHeader(entry_.id), request));
  ARROW_ASSIGN_OR_RAISE(const auto batch, redap::FromProto(response.data()));
  ARROW_ASSIGN_OR_RAISE(const auto rows, arrow::Table::FromRecordBatches({batch}));
  std::vector<Registered> registered;
  for (int64_t row = 0; row < rows->num_rows(); ++row) {
    registered.push_back({CellText(*rows, "rerun_segment_id", row), CellText(*rows, "rerun_segment_layer", row),
                          CellText(*rows, "rerun_storage_url", row), CellText(*rows, "rerun_task_id", row)});
  }
  return registered;
}

// The layers that match, by the manifest. Its filters are hints that a server need not heed.
arrow::Result<std::vector<Registered>> DatasetClient::LayersOf(const std::vector<std::string>& segments,
                                                               const std::vector<std::string>& layers) const {
  cloud::ScanDatasetManifestRequest request;
  for (const char* column : {"rerun_segment_id", "rerun_layer_name", "rerun_storage_url"}) request.add_columns(column);
  if (!segments.empty()) {
    request.mutable_segment_id_filter()->mutable_scan_only()->mutable_segment_ids()->Add(segments.begin(), segments.end());
  }
  ARROW_ASSIGN_OR_RAISE(const auto table, CallTable<cloud::ScanDatasetManifestResponse>(*transport_, kScanDatasetManifest,
                                                                                        EntryHeader(entry_.id), request));
  std::vector<Registered> found;
  for (int64_t row = 0; row < table->num_rows(); ++row) {
    Registered layer{CellText(*table, "rerun_segment_id", row), CellText(*table, "rerun_layer_name", row),
                     CellText(*table, "rerun_storage_url", row), ""};
    if (Matches(segments, layer.segment_id) && Matches(layers, layer.layer)) found.push_back(std::move(layer));
  }
  return found;
}

arrow::Result<std::vector<Registered>> DatasetClient::Unregister(const std::vector<std::string>& segments,
                                                                 const std::vector<std::string>& layers) {
  ARROW_ASSIGN_OR_RAISE(auto dropped, LayersOf(segments, layers));
  cloud::UnregisterFromDatasetRequest request;
  for (const auto& segment : segments) request.add_segments_to_drop()->set_id(segment);
  request.mutable_layers_to_drop()->Add(layers.begin(), layers.end());
  const auto keep_task = [&](const cloud::UnregisterFromDatasetResponse& response) {
    for (auto& layer : dropped) layer.task_id = response.task_id().id();
    return arrow::Status::OK();
  };
  ARROW_RETURN_NOT_OK(CallStream<cloud::UnregisterFromDatasetResponse>(*transport_, kUnregisterFromDataset,
                                                                       EntryHeader(entry_.id), request, keep_task));
  return dropped;
}

}  // namespace mutoscope::native
