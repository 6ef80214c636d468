#include <algorithm>
#include <map>

#include "arrow/builder.h"
#include "base/status.h"
#include "redap/handlers.h"
#include "redap/manifest_schema.h"

namespace mutoscope::redap {
namespace {

constexpr size_t kRowsPerMessage = 4096;

using Groups = std::vector<std::vector<uint32_t>>;  // layers of each row
using Snapshot = std::shared_ptr<const catalog::DatasetSnapshot>;

// segment_id_filter: a hint, but honoured exactly.
template <typename Request>
std::function<bool(const std::string&)> SegmentFilter(const Request& request) {
  if (!request.has_segment_id_filter()) return [](const std::string&) { return true; };
  const auto& filter = request.segment_id_filter();
  const bool keep = filter.has_scan_only();
  const auto& list = keep ? filter.scan_only() : filter.skip();
  std::vector<std::string> ids(list.segment_ids().begin(), list.segment_ids().end());
  std::sort(ids.begin(), ids.end());
  return [ids = std::move(ids), keep](const std::string& id) { return std::binary_search(ids.begin(), ids.end(), id) == keep; };
}

template <typename Value>
auto PerGroup(const catalog::DatasetSnapshot& snapshot, const Groups& groups, Value value) {
  std::vector<decltype(value(std::declval<const catalog::Layer&>()))> out;
  for (const auto& group : groups) out.push_back(value(*snapshot.layers[group.front()]));
  return out;
}

std::vector<std::vector<std::string>> TextLists(const catalog::DatasetSnapshot& snapshot, const Groups& groups,
                                                std::string catalog::Layer::*member) {
  std::vector<std::vector<std::string>> lists;
  for (const auto& group : groups) {
    auto& list = lists.emplace_back();
    for (const uint32_t layer : group) list.push_back((*snapshot.layers[layer]).*member);
  }
  return lists;
}

std::vector<uint64_t> Sums(const catalog::DatasetSnapshot& snapshot, const Groups& groups, uint64_t catalog::Layer::*member) {
  std::vector<uint64_t> sums;
  for (const auto& group : groups) {
    uint64_t sum = 0;
    for (const uint32_t layer : group) sum += (*snapshot.layers[layer]).*member;
    sums.push_back(sum);
  }
  return sums;
}

std::vector<std::optional<int64_t>> LastUpdates(const catalog::DatasetSnapshot& snapshot, const Groups& groups) {
  std::vector<std::optional<int64_t>> times;
  for (const auto& group : groups) {
    int64_t last = 0;
    for (const uint32_t layer : group) last = std::max(last, snapshot.layers[layer]->updated_at_ns);
    times.emplace_back(last);
  }
  return times;
}

arrow::Result<std::shared_ptr<arrow::Array>> IndexMarkerColumn(const catalog::DatasetSnapshot& snapshot,
                                                               const arrow::Field& field, const Groups& groups) {
  const auto index = chunk::MetadataValue(field, "rerun:index");
  const bool start = chunk::MetadataValue(field, "rerun:index_marker") == "start";
  std::vector<std::optional<int64_t>> values;
  for (const auto& group : groups) {
    auto& value = values.emplace_back();
    for (const uint32_t layer : group) {
      for (const auto& [timeline, range] : snapshot.layers[layer]->time_ranges) {
        if (timeline.name != index) continue;
        const int64_t bound = start ? range.min : range.max;
        value = !value ? bound : (start ? std::min(*value, bound) : std::max(*value, bound));
      }
    }
  }
  return TimeColumn(field.type(), values);
}

arrow::Result<std::shared_ptr<arrow::Array>> SegmentTableColumn(const catalog::DatasetSnapshot& snapshot,
                                                                const arrow::Field& field, const Groups& groups) {
  const auto& name = field.name();
  if (name == "rerun_segment_id")
    return TextColumn(PerGroup(snapshot, groups, [](const auto& layer) { return layer.segment_id; }));
  if (name == "rerun_layer_names") return TextListColumn(TextLists(snapshot, groups, &catalog::Layer::name));
  if (name == "rerun_storage_urls") return TextListColumn(TextLists(snapshot, groups, &catalog::Layer::storage_url));
  if (name == "rerun_last_updated_at") return TimeColumn(field.type(), LastUpdates(snapshot, groups));
  if (name == "rerun_num_chunks") return UInt64Column(Sums(snapshot, groups, &catalog::Layer::num_chunks));
  if (name == "rerun_size_bytes") return UInt64Column(Sums(snapshot, groups, &catalog::Layer::size_bytes));
  if (chunk::MetadataValue(field, "rerun:kind") == "index") return IndexMarkerColumn(snapshot, field, groups);
  return PropertyColumn(snapshot, field, groups);
}

arrow::Result<std::shared_ptr<arrow::Array>> ManifestColumn(const catalog::DatasetSnapshot& snapshot, const arrow::Field& field,
                                                            const Groups& groups) {
  const auto& name = field.name();
  const auto text = [&](auto value) { return TextColumn(PerGroup(snapshot, groups, value)); };
  if (name == "rerun_layer_name") return text([](const auto& layer) { return layer.name; });
  if (name == "rerun_segment_id") return text([](const auto& layer) { return layer.segment_id; });
  if (name == "rerun_storage_url") return text([](const auto& layer) { return layer.storage_url; });
  if (name == "rerun_layer_type") return text([](const auto&) { return std::string("rrd"); });
  if (name == "rerun_registration_status") return text([](const auto&) { return std::string("done"); });
  if (name == "rerun_last_updated_at") return TimeColumn(field.type(), LastUpdates(snapshot, groups));
  if (name == "rerun_num_chunks") return UInt64Column(Sums(snapshot, groups, &catalog::Layer::num_chunks));
  if (name == "rerun_size_bytes") return UInt64Column(Sums(snapshot, groups, &catalog::Layer::size_bytes));
  if (name == "rerun_registration_time") {
    return TimeColumn(field.type(),
                      PerGroup(snapshot, groups, [](const auto& layer) { return std::optional(layer.registered_at_ns); }));
  }
  if (name == "rerun_schema_sha256") {
    arrow::FixedSizeBinaryBuilder builder(arrow::fixed_size_binary(32));
    for (const auto& group : groups) ARROW_RETURN_NOT_OK(builder.Append(snapshot.layers[group.front()]->schema_sha256));
    return builder.Finish();
  }
  return PropertyColumn(snapshot, field, groups);
}

using ColumnFunction = arrow::Result<std::shared_ptr<arrow::Array>> (*)(const catalog::DatasetSnapshot&, const arrow::Field&,
                                                                        const Groups&);

// Streams the picked columns of the rows, some thousand rows a message; one empty batch if there are none.
template <typename Response>
arrow::Result<Generator<Response>> Scan(const Snapshot& snapshot, const std::shared_ptr<arrow::Schema>& schema,
                                        const std::vector<std::string>& columns, Groups rows, ColumnFunction column) {
  ARROW_ASSIGN_OR_RAISE(auto picked, PickColumns(*schema, columns));
  return Generator<Response>([=, rows = std::move(rows), next = size_t{0}](Response* out) mutable -> arrow::Result<Produced> {
    const size_t end = std::min(rows.size(), next + kRowsPerMessage);
    const Groups groups(rows.begin() + static_cast<ptrdiff_t>(next), rows.begin() + static_cast<ptrdiff_t>(end));
    next = end;
    Table table;
    for (const int position : picked) {
      ARROW_RETURN_NOT_OK(table.Add(schema->field(position), column(*snapshot, *schema->field(position), groups)));
    }
    ARROW_ASSIGN_OR_RAISE(*out->mutable_data(), ToProto(*table.ToBatch(static_cast<int64_t>(groups.size()))));
    return next == rows.size() ? Produced::kLastMessage : Produced::kMessage;
  });
}

template <typename Request>
std::vector<std::string> ColumnNames(const Request& request) {
  return {request.columns().begin(), request.columns().end()};
}

}  // namespace

arrow::Status GetSegmentTableSchema(const Call& call, const cloud::GetSegmentTableSchemaRequest&,
                                    cloud::GetSegmentTableSchemaResponse* response) {
  ARROW_ASSIGN_OR_RAISE(const auto snapshot, SnapshotOf(call));
  ARROW_ASSIGN_OR_RAISE(*response->mutable_schema(), ToProto(*SegmentTableSchema(*snapshot)));
  return arrow::Status::OK();
}

arrow::Result<Generator<cloud::ScanSegmentTableResponse>> ScanSegmentTable(const Call& call,
                                                                           const cloud::ScanSegmentTableRequest& request) {
  ARROW_ASSIGN_OR_RAISE(const auto snapshot, SnapshotOf(call));
  const auto wanted = SegmentFilter(request);
  Groups rows;
  for (const auto& segment : snapshot->segments) {
    if (wanted(segment.id)) rows.push_back(segment.layers);
  }
  return Scan<cloud::ScanSegmentTableResponse>(snapshot, SegmentTableSchema(*snapshot), ColumnNames(request), std::move(rows),
                                               SegmentTableColumn);
}

arrow::Status GetDatasetManifestSchema(const Call& call, const cloud::GetDatasetManifestSchemaRequest&,
                                       cloud::GetDatasetManifestSchemaResponse* response) {
  ARROW_ASSIGN_OR_RAISE(const auto snapshot, SnapshotOf(call));
  ARROW_ASSIGN_OR_RAISE(*response->mutable_schema(), ToProto(*DatasetManifestSchema(*snapshot)));
  return arrow::Status::OK();
}

arrow::Result<Generator<cloud::ScanDatasetManifestResponse>> ScanDatasetManifest(
    const Call& call, const cloud::ScanDatasetManifestRequest& request) {
  ARROW_ASSIGN_OR_RAISE(const auto snapshot, SnapshotOf(call));
  const auto wanted = SegmentFilter(request);
  const auto& filter = request.layer_name_filter();
  const bool keep = filter.has_scan_only();
  const auto& names = keep ? filter.scan_only().layer_names() : filter.skip().layer_names();
  Groups rows;
  for (uint32_t i = 0; i < snapshot->layers.size(); ++i) {
    const auto& layer = *snapshot->layers[i];
    const bool named = std::find(names.begin(), names.end(), layer.name) != names.end();
    if (wanted(layer.segment_id) && (!request.has_layer_name_filter() || named == keep)) rows.push_back({i});
  }
  return Scan<cloud::ScanDatasetManifestResponse>(snapshot, DatasetManifestSchema(*snapshot), ColumnNames(request),
                                                  std::move(rows), ManifestColumn);
}

}  // namespace mutoscope::redap
