#include "catalog/rebuild.h"

#include "base/status.h"
#include "catalog/parallel.h"

namespace mutoscope::catalog {
TableResult RebuildTable(CatalogState& state, rrd::StoreKind kind, const Layer& layer) {
  ARROW_ASSIGN_OR_RAISE(const auto file, state.files.Open(layer.path, layer.identity));
  ARROW_ASSIGN_OR_RAISE(auto recording, rrd::ReadRecording(*file));
  for (const rrd::StoreContents& contents : recording.stores) {
    if (contents.store.kind != kind || contents.store.recording_id != layer.segment_id) continue;
    ARROW_ASSIGN_OR_RAISE(auto table, chunk::MakeChunkTable(*file, contents, &recording.findings));
    if (table.chunks.size() != layer.num_chunks) {
      return base::FailedPrecondition("{}: segment '{}' had {} chunks when it was registered and has {} now; register it again",
                                      layer.path, layer.segment_id, layer.num_chunks, table.chunks.size());
    }
    return std::make_shared<const chunk::ChunkTable>(std::move(table));
  }
  return base::FailedPrecondition("{}: the recording '{}' is no longer in the file; register it again", layer.path,
                                  layer.segment_id);
}

rrd::StoreKind StoreKindOf(EntryKind kind) {
  return kind == EntryKind::kBlueprintDataset ? rrd::StoreKind::kBlueprint : rrd::StoreKind::kRecording;
}

arrow::Result<RebuiltLayers> RebuildLayers(CatalogState& state, DatasetState& dataset, const std::vector<LayerRow>& layers) {
  std::vector<TableResult> results(layers.size(), TableResult(arrow::Status::UnknownError("not read")));
  const rrd::StoreKind kind = StoreKindOf(dataset.kind);
  ParallelFor(state.pool, state.workers, layers.size(),
              [&](size_t i) { results[i] = RebuildTable(state, kind, *layers[i].layer); });

  RebuiltLayers out;
  for (size_t i = 0; i < layers.size(); ++i) {
    const index::LayerId id = layers[i].layer->id;
    if (results[i].ok()) {
      out.tables.push_back({id, *results[i]});
    } else {
      out.unavailable[id] =
          base::WithContext(results[i].status(), "the index of segment '" + layers[i].layer->segment_id + "' is lost");
    }
  }
  PackRow pack{state.next_pack++, PackKind::kTables, {}};
  if (!out.tables.empty()) {
    ARROW_ASSIGN_OR_RAISE(pack.info, index::WriteLayerPack(state.PathOf(dataset.id, pack.id, pack.kind), out.tables));
  }
  std::vector<PackRow> unused;
  const arrow::Status written = state.database->Write([&](soci::session& sql) {
    if (!out.tables.empty()) InsertPackRow(sql, dataset.key, pack);
    for (const index::LayerTable& table : out.tables) SetLayerPack(sql, table.layer, pack.id);
    for (const auto& [layer, status] : out.unavailable) SetLayerPack(sql, layer, std::nullopt);
    unused = DeleteUnusedPackRows(sql, dataset.key);
    return arrow::Status::OK();
  });
  if (!written.ok()) {
    RemoveFile(state.PathOf(dataset.id, pack.id, pack.kind));
    return written;
  }
  RemovePacks(state, dataset.id, unused);
  if (!out.tables.empty()) SignalRowsWriter(state);
  return out;
}

}  // namespace mutoscope::catalog
