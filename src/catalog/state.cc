#include "catalog/state.h"

#include "catalog/recording_files.h"

namespace mutoscope::catalog {

std::shared_ptr<DatasetState> FindOpenDataset(CatalogState& state, const EntryId& id) {
  std::lock_guard lock(state.datasets_mutex);
  const auto found = state.datasets.find(id);
  return found == state.datasets.end() ? nullptr : found->second;
}

arrow::Result<std::shared_ptr<DatasetState>> FindDataset(CatalogState& state, const EntryId& id) {
  if (auto open = FindOpenDataset(state, id); open != nullptr) return open;
  return state.database->Read([&](soci::session& sql) -> arrow::Result<std::shared_ptr<DatasetState>> {
    ARROW_ASSIGN_OR_RAISE(const DatasetRow row, ReadDatasetRow(sql, id));
    // Inside the database's lock, so that a deletion finds what is put here.
    std::lock_guard lock(state.datasets_mutex);
    auto& slot = state.datasets[id];
    if (slot == nullptr) slot = std::make_shared<DatasetState>(id, row.key, row.dataset.entry.kind);
    return slot;
  });
}

void MarkStale(DatasetState& dataset) {
  std::lock_guard lock(dataset.value_mutex);
  dataset.stale = true;
}

void DropLayers(CatalogState& state, DatasetState& dataset, const std::vector<index::LayerId>& layers,
                const std::vector<PackRow>& packs) {
  dataset.removed.insert(layers.begin(), layers.end());
  {
    std::lock_guard lock(dataset.value_mutex);
    for (const index::LayerId layer : layers) dataset.rows_packs.erase(layer);
    dataset.stale = true;
  }
  RemovePacks(state, dataset.id, packs);
  if (!layers.empty()) RemoveDroppedRecordings(state);
}

void RemovePacks(CatalogState& state, const EntryId& dataset, const std::vector<PackRow>& packs) {
  for (const PackRow& pack : packs) {
    if (pack.kind == PackKind::kRows) state.rows_packs.Forget(pack.id);
    RemoveFile(state.PathOf(dataset, pack.id, pack.kind));
  }
}

void RewriteRowsPack(CatalogState& state, DatasetState& dataset, PackId pack) {
  std::lock_guard change(dataset.change_mutex);
  const arrow::Status status = state.database->Write([&](soci::session& sql) {
    ForgetRowsPack(sql, pack);
    return arrow::Status::OK();
  });
  if (!status.ok()) return;
  {
    std::lock_guard lock(dataset.value_mutex);
    std::erase_if(dataset.rows_packs, [&](const auto& entry) { return entry.second == pack; });
  }
  RemovePacks(state, dataset.id, {{pack, PackKind::kRows, {}}});
  SignalRowsWriter(state);
}

void SignalRowsWriter(CatalogState& state) {
  {
    std::lock_guard lock(state.rows_signal.mutex);
    ++state.rows_signal.changes;
  }
  state.rows_signal.changed.notify_all();
}

}  // namespace mutoscope::catalog
