#include "catalog/growing.h"

#include <algorithm>

#include "base/status.h"
#include "catalog/commit.h"
#include "catalog/growing_rows.h"
#include "catalog/properties.h"
#include "storage/source_policy.h"

namespace mutoscope::catalog {
namespace {

constexpr int kNamesTried = 16;  // others may register a layer of that name just now

std::string LayerName(int attempt) {
  if (attempt == 0) return "base";
  return attempt == 1 ? "live" : fmt::format("live_{}", attempt);
}

Draft DraftOf(const GrowingFile& file, const rrd::Store& store, uint64_t size, const chunk::ChunkTable& table) {
  Draft draft;
  draft.schema = table.schema;
  draft.schema_sha256 = table.schema_sha256;
  Layer& layer = draft.layer;
  layer.segment_id = store.recording_id;
  layer.path = file.path;
  layer.identity = {size, storage::FileIdentity::kGrows};
  layer.num_chunks = table.chunks.size();
  layer.application_id = store.application_id;
  layer.time_ranges = chunk::SegmentTimeRanges(table);
  for (const chunk::ChunkRow& row : table.chunks) {
    layer.size_bytes += row.place.message_size;
    draft.all_static = draft.all_static && row.is_static;
  }
  return draft;
}

}  // namespace

GrowingLayer::GrowingLayer(std::shared_ptr<CatalogState> state, GrowingFile file, rrd::Store store)
    : state_(std::move(state)), file_(std::move(file)), store_(std::move(store)) {}

GrowingLayer::~GrowingLayer() { Rest(); }

void GrowingLayer::Rest() {
  if (!id_) return;
  {
    std::lock_guard lock(state_->rows_signal.mutex);
    if (state_->rows_signal.growing.erase(*id_) == 0) return;
  }
  SignalRowsWriter(*state_);
}

arrow::Status GrowingLayer::FindOrName() {
  ARROW_ASSIGN_OR_RAISE(const auto dataset, FindDataset(*state_, file_.dataset));
  ARROW_ASSIGN_OR_RAISE(const auto layers, state_->database->Read([&](soci::session& sql) {
    return arrow::Result<std::vector<SegmentLayer>>(ListSegmentLayers(sql, dataset->key, store_.recording_id));
  }));
  for (const SegmentLayer& layer : layers) {
    if (layer.path != file_.path) continue;
    id_ = layer.id;
    name_ = layer.name;
    registered_at_ns_ = layer.registered_at_ns;
    return arrow::Status::OK();
  }
  for (int attempt = 0; attempt < kNamesTried; ++attempt) {
    name_ = LayerName(attempt);
    if (std::ranges::none_of(layers, [&](const SegmentLayer& layer) { return layer.name == name_; })) return arrow::Status::OK();
  }
  return base::AlreadyExists("{}: segment '{}' has {} layers from live streams already; unregister some of them", file_.path,
                             store_.recording_id, kNamesTried);
}

arrow::Status GrowingLayer::Publish(uint64_t size, std::shared_ptr<const chunk::ChunkTable> table) {
  ARROW_ASSIGN_OR_RAISE(const auto dataset, FindDataset(*state_, file_.dataset));
  if (!id_) ARROW_RETURN_NOT_OK(FindOrName());
  DraftGroup group;
  group.quiet = true;
  Draft& draft = group.drafts.emplace_back(DraftOf(file_, store_, size, *table));
  draft.layer.name = name_;
  draft.layer.id = id_ ? *id_ : index::LayerId{state_->next_layer++};
  draft.layer.registered_at_ns = registered_at_ns_;
  draft.grown_from = id_;
  std::vector<rrd::Finding> findings;  // of property chunks that do not decode: those were refused when they came
  ARROW_ASSIGN_OR_RAISE(const auto file, storage::File::OpenStart(file_.path, size));
  ARROW_ASSIGN_OR_RAISE(draft.layer.properties, ReadProperties(*file, *table, &findings));
  {
    std::lock_guard lock(state_->rows_signal.mutex);
    state_->rows_signal.growing.insert(draft.layer.id);
  }
  group.pack = PackRow{state_->next_pack++, PackKind::kTables, {}};
  const std::string pack_path = state_->PathOf(dataset->id, group.pack->id, PackKind::kTables);
  auto info = index::WriteLayerPack(pack_path, {{draft.layer.id, std::move(table)}});
  arrow::Status status = info.status();
  if (status.ok()) {
    group.pack->info = *info;
    const bool tasks_written = false;  // nobody waits for it
    status = CommitGroup(*state_, *dataset, &group, OnDuplicate::kError, tasks_written);
    if (status.ok()) status = draft.error;
  }
  if (status.ok()) {
    id_ = draft.layer.id;
    registered_at_ns_ = draft.layer.registered_at_ns;
  } else if (!id_) {
    std::lock_guard lock(state_->rows_signal.mutex);
    state_->rows_signal.growing.erase(draft.layer.id);
  }
  return status;
}

arrow::Result<std::optional<std::string>> GrowingLayers::FindFile(const EntryId& id, const rrd::Store& store) const {
  ARROW_ASSIGN_OR_RAISE(const auto dataset, FindDataset(*state_, id));
  return state_->database->Read([&](soci::session& sql) -> arrow::Result<std::optional<std::string>> {
    for (const SegmentLayer& layer : ListSegmentLayers(sql, dataset->key, store.recording_id)) {
      if (layer.grows && layer.application_id == store.application_id) return layer.path;
    }
    return std::nullopt;
  });
}

arrow::Status GrowingLayers::Begin(const GrowingFile& file) const {
  ARROW_ASSIGN_OR_RAISE(const auto dataset, FindDataset(*state_, file.dataset));
  return state_->database->Write([&](soci::session& sql) -> arrow::Status {
    ARROW_RETURN_NOT_OK(ReadDatasetRow(sql, dataset->key).status());
    InsertGrowingRow(sql, dataset->key, file.path);
    return arrow::Status::OK();
  });
}

arrow::Status GrowingLayers::End(const std::string& path) const {
  return state_->database->Write([&](soci::session& sql) {
    DeleteGrowingRow(sql, path);
    return arrow::Status::OK();
  });
}

arrow::Result<std::vector<GrowingFile>> GrowingLayers::Unfinished() const {
  return state_->database->Read(
      [&](soci::session& sql) { return arrow::Result<std::vector<GrowingFile>>(ListGrowingRows(sql)); });
}

}  // namespace mutoscope::catalog
