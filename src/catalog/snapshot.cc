#include "catalog/snapshot.h"

#include <malloc.h>

#include <algorithm>

#include "base/status.h"
#include "catalog/parallel.h"
#include "catalog/rebuild.h"

namespace mutoscope::catalog {
namespace {

constexpr size_t kLayersOfALargeLoad = 1000;

struct Loaded {
  DatasetRow dataset;
  std::vector<LayerRow> layers;  // new ones
  std::unordered_map<PackId, PackRow> packs;
};

arrow::Result<Loaded> LoadRows(CatalogState& state, DatasetState& dataset, long long after_revision) {
  return state.database->Read([&](soci::session& sql) -> arrow::Result<Loaded> {
    Loaded loaded;
    ARROW_ASSIGN_OR_RAISE(loaded.dataset, ReadDatasetRow(sql, dataset.key));
    ARROW_ASSIGN_OR_RAISE(loaded.layers, ListLayerRows(sql, dataset.key, after_revision));
    for (const PackRow& pack : ListPackRows(sql, dataset.key)) loaded.packs[pack.id] = pack;
    ARROW_RETURN_NOT_OK(LoadSchemas(sql, dataset));
    return loaded;
  });
}

// Chunk tables of the new layers from their packs; what the packs do not give is rebuilt from the recordings.
arrow::Result<RebuiltLayers> LoadTables(CatalogState& state, DatasetState& dataset, const Loaded& loaded) {
  std::unordered_map<index::LayerId, const LayerRow*> wanted;
  std::vector<PackId> packs;
  for (const LayerRow& row : loaded.layers) {
    wanted[row.layer->id] = &row;
    if (row.pack && (packs.empty() || packs.back() != *row.pack)) packs.push_back(*row.pack);
  }
  std::ranges::sort(packs);
  packs.erase(std::unique(packs.begin(), packs.end()), packs.end());

  std::vector<arrow::Result<std::vector<index::LayerTable>>> read(packs.size(), base::DataLoss("the catalog has no such pack"));
  ParallelFor(state.pool, state.workers, packs.size(), [&](size_t i) {
    const auto pack = loaded.packs.find(packs[i]);
    if (pack == loaded.packs.end()) return;
    read[i] = index::ReadLayerPack(state.PathOf(dataset.id, packs[i], PackKind::kTables), pack->second.info);
  });

  RebuiltLayers out;
  for (auto& tables : read) {
    if (!tables.ok()) {
      if (base::CodeOf(tables.status()) == base::Code::kDataLoss) continue;
      return tables.status();  // e.g. no memory, or too many open files: nothing is wrong with the pack
    }
    for (index::LayerTable& table : *tables) {
      if (wanted.erase(table.layer) > 0) out.tables.push_back(std::move(table));
    }
  }
  if (wanted.empty()) return out;
  std::vector<LayerRow> missing;
  for (const LayerRow& row : loaded.layers) {
    if (wanted.contains(row.layer->id)) missing.push_back(row);
  }
  ARROW_ASSIGN_OR_RAISE(RebuiltLayers rebuilt, RebuildLayers(state, dataset, missing));
  std::ranges::move(rebuilt.tables, std::back_inserter(out.tables));
  out.unavailable = std::move(rebuilt.unavailable);
  return out;
}

void SortSegments(DatasetSnapshot* snapshot) {
  const auto& layers = snapshot->layers;
  std::vector<uint32_t> order(layers.size());
  for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto key = [&](uint32_t i) { return std::tie(layers[i]->segment_id, layers[i]->registered_at_ns, layers[i]->name); };
  std::ranges::sort(order, [&](uint32_t a, uint32_t b) { return key(a) < key(b); });
  for (const uint32_t position : order) {
    const std::string& id = layers[position]->segment_id;
    if (snapshot->segments.empty() || snapshot->segments.back().id != id) snapshot->segments.push_back({id, {}});
    snapshot->segments.back().layers.push_back(position);
  }
  snapshot->segment_positions.reserve(snapshot->segments.size());
  for (uint32_t i = 0; i < snapshot->segments.size(); ++i) snapshot->segment_positions[snapshot->segments[i].id] = i;
}

std::shared_ptr<DatasetSnapshot> MakeSnapshot(DatasetState& dataset, const DatasetSnapshot* old, Loaded* loaded,
                                              RebuiltLayers* tables) {
  auto snapshot = std::make_shared<DatasetSnapshot>();
  snapshot->dataset = loaded->dataset.dataset;
  snapshot->revision = static_cast<uint64_t>(loaded->dataset.revision);
  std::unordered_map<long long, SchemaHash> hashes;
  for (const KnownSchema& known : dataset.schemas->known()) {
    hashes[known.id] = known.sha256;
    snapshot->layer_schemas.emplace_back(known.sha256, known.schema);
  }
  snapshot->schema = dataset.schemas->merged();
  if (old != nullptr) {
    for (const auto& layer : old->layers) {
      if (!dataset.removed.contains(layer->id)) snapshot->layers.push_back(layer);
    }
    for (const auto& [layer, status] : old->unavailable_layers) {
      if (!dataset.removed.contains(layer)) snapshot->unavailable_layers[layer] = status;
    }
  }
  for (LayerRow& row : loaded->layers) {
    row.layer->schema_sha256 = hashes[row.schema];
    snapshot->layers.push_back(row.layer);
  }
  snapshot->unavailable_layers.merge(tables->unavailable);
  snapshot->layer_positions.reserve(snapshot->layers.size());
  for (uint32_t i = 0; i < snapshot->layers.size(); ++i) snapshot->layer_positions[snapshot->layers[i]->id] = i;
  SortSegments(snapshot.get());
  snapshot->index = old == nullptr ? index::DatasetIndex::Empty() : old->index;
  if (old != nullptr && !dataset.removed.empty()) snapshot->index = snapshot->index->Without(dataset.removed);
  if (!tables->tables.empty()) snapshot->index = snapshot->index->With(tables->tables);
  return snapshot;
}

// Gives the memory of many chunk tables (small pieces; the index has its own, compact copy) back to the system, without making
// the caller wait for it.
void ReleaseBehind(CatalogState& state, RebuiltLayers tables) {
  boost::asio::post(state.pool, [held = std::make_shared<RebuiltLayers>(std::move(tables))]() mutable {
    held.reset();
    malloc_trim(0);
  });
}

// Removes what a killed run left in the dataset's index directory.
void Sweep(CatalogState& state, DatasetState& dataset, const Loaded& loaded) {
  std::unordered_set<PackId> live;
  for (const auto& [id, pack] : loaded.packs) live.insert(id);
  RemoveOrphanPacks(state.options.data_directory, dataset.id, live, state.first_pack_of_this_run);
  dataset.swept = true;
}

}  // namespace

arrow::Status LoadSchemas(soci::session& sql, DatasetState& dataset) {
  if (dataset.schemas) return arrow::Status::OK();
  ARROW_ASSIGN_OR_RAISE(auto known, ListSchemaRows(sql, dataset.key));
  ARROW_ASSIGN_OR_RAISE(dataset.schemas, SchemaBook::Make(std::move(known)));
  return arrow::Status::OK();
}

arrow::Result<std::shared_ptr<const DatasetSnapshot>> CurrentSnapshot(CatalogState& state, DatasetState& dataset) {
  const auto current = [&]() -> std::shared_ptr<const DatasetSnapshot> {
    std::lock_guard lock(dataset.value_mutex);
    return dataset.stale ? nullptr : dataset.snapshot;
  };
  if (auto snapshot = current(); snapshot != nullptr) return snapshot;
  std::lock_guard change(dataset.change_mutex);
  if (auto snapshot = current(); snapshot != nullptr) return snapshot;  // loaded by another thread meanwhile

  const auto old = dataset.snapshot;  // written under change_mutex only
  ARROW_ASSIGN_OR_RAISE(Loaded loaded, LoadRows(state, dataset, old == nullptr ? 0 : static_cast<long long>(old->revision)));
  if (!dataset.swept) Sweep(state, dataset, loaded);
  ARROW_ASSIGN_OR_RAISE(RebuiltLayers tables, LoadTables(state, dataset, loaded));
  std::shared_ptr<const DatasetSnapshot> snapshot = MakeSnapshot(dataset, old.get(), &loaded, &tables);
  dataset.removed.clear();
  {
    std::lock_guard lock(dataset.value_mutex);
    for (const LayerRow& row : loaded.layers) {
      if (row.rows_pack) dataset.rows_packs[row.layer->id] = *row.rows_pack;
    }
    dataset.snapshot = snapshot;
    dataset.stale = false;
  }
  if (loaded.layers.size() >= kLayersOfALargeLoad) ReleaseBehind(state, std::move(tables));
  return snapshot;
}

}  // namespace mutoscope::catalog
