#include "catalog/index_upkeep.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/status.h"
#include "catalog/parallel.h"
#include "catalog/rebuild.h"
#include "index/chunk_rows.h"

namespace mutoscope::catalog {
namespace {

constexpr size_t kTableLayersMax = 512;                    // of a pack file, as registrations write them
constexpr size_t kTableLayersSmall = kTableLayersMax / 2;  // a file with fewer is worth merging
constexpr uint64_t kRowsBytesMax = uint64_t{64} << 20;     // of a pack file, as the rows writer writes them
constexpr uint64_t kRowsBytesSmall = kRowsBytesMax / 2;

struct PackOfLayers {
  PackRow pack;
  std::vector<LayerRow> layers;
};

using Packs = std::map<PackId, PackOfLayers>;

arrow::Status CheckStopping(const IndexUpkeep& upkeep) {
  return upkeep.stopping() ? base::Cancelled("the maintenance was cancelled") : arrow::Status::OK();
}

// The packs of that kind with the layers in them.
arrow::Result<Packs> ListPacks(const IndexUpkeep& upkeep, PackKind kind) {
  return upkeep.state.database->Read([&](soci::session& sql) -> arrow::Result<Packs> {
    ARROW_RETURN_NOT_OK(ReadDatasetRow(sql, upkeep.dataset.key).status());
    Packs packs;
    for (const PackRow& pack : ListPackRows(sql, upkeep.dataset.key)) {
      if (pack.kind == kind) packs[pack.id].pack = pack;
    }
    ARROW_ASSIGN_OR_RAISE(auto rows, ListLayerRows(sql, upkeep.dataset.key, 0));
    for (LayerRow& row : rows) {
      const auto& id = kind == PackKind::kTables ? row.pack : row.rows_pack;
      if (id) packs[*id].layers.push_back(std::move(row));
    }
    return packs;
  });
}

// Layers whose index goes from one file to another.
struct Move {
  index::LayerId layer = 0;
  PackId old = 0;
};

// Makes `pack`, which is on the disk, the home of those layers that have not changed meanwhile.
arrow::Result<size_t> Adopt(const IndexUpkeep& upkeep, const PackRow& pack, const std::vector<Move>& moves) {
  CatalogState& state = upkeep.state;
  DatasetState& dataset = upkeep.dataset;
  std::lock_guard change(dataset.change_mutex);
  std::vector<PackRow> unused;
  std::vector<index::LayerId> moved;
  const arrow::Status status = state.database->Write([&](soci::session& sql) -> arrow::Status {
    ARROW_RETURN_NOT_OK(ReadDatasetRow(sql, dataset.key).status());
    InsertPackRow(sql, dataset.key, pack);
    for (const Move& move : moves) {
      if (MoveLayerToPack(sql, move.layer, pack.kind, move.old, pack.id)) moved.push_back(move.layer);
    }
    unused = DeleteUnusedPackRows(sql, dataset.key);
    return arrow::Status::OK();
  });
  if (!status.ok()) {
    RemovePacks(state, dataset.id, {pack});
    return status;
  }
  if (pack.kind == PackKind::kRows) {
    std::lock_guard lock(dataset.value_mutex);
    for (const index::LayerId layer : moved) dataset.rows_packs[layer] = pack.id;
  }
  RemovePacks(state, dataset.id, unused);
  return moved.size();
}

arrow::Result<size_t> WriteTables(const IndexUpkeep& upkeep, const std::vector<index::LayerTable>& tables,
                                  const std::vector<Move>& moves) {
  PackRow pack{upkeep.state.next_pack++, PackKind::kTables, {}};
  ARROW_ASSIGN_OR_RAISE(pack.info, index::WriteLayerPack(upkeep.state.PathOf(upkeep.dataset.id, pack.id, pack.kind), tables));
  return Adopt(upkeep, pack, moves);
}

// ---- checking

arrow::Status RebuildTables(const IndexUpkeep& upkeep, const std::vector<LayerRow>& layers, std::vector<std::string>* report) {
  std::lock_guard change(upkeep.dataset.change_mutex);
  // Only what has not changed since it was listed.
  std::vector<LayerRow> same;
  ARROW_ASSIGN_OR_RAISE(
      const auto now, upkeep.state.database->Read([&](soci::session& sql) { return ListLayerRows(sql, upkeep.dataset.key, 0); }));
  std::unordered_map<index::LayerId, std::optional<PackId>> packs;
  for (const LayerRow& row : now) packs[row.layer->id] = row.pack;
  for (const LayerRow& layer : layers) {
    const auto found = packs.find(layer.layer->id);
    if (found != packs.end() && found->second == layer.pack) same.push_back(layer);
  }
  if (same.empty()) return arrow::Status::OK();
  ARROW_ASSIGN_OR_RAISE(const RebuiltLayers rebuilt, RebuildLayers(upkeep.state, upkeep.dataset, same));
  report->push_back(fmt::format("chunk tables of {} layers were missing or damaged: {} made again from the recordings",
                                same.size(), rebuilt.tables.size()));
  for (const auto& [layer, status] : rebuilt.unavailable) report->push_back("not made again: " + status.message());
  return arrow::Status::OK();
}

arrow::Status CheckTables(const IndexUpkeep& upkeep, std::vector<std::string>* report) {
  ARROW_ASSIGN_OR_RAISE(const Packs packs, ListPacks(upkeep, PackKind::kTables));
  std::vector<LayerRow> damaged;
  for (const auto& [id, pack] : packs) {
    ARROW_RETURN_NOT_OK(CheckStopping(upkeep));
    const auto read = index::ReadLayerPack(upkeep.state.PathOf(upkeep.dataset.id, id, PackKind::kTables), pack.pack.info);
    if (base::CodeOf(read.status()) != base::Code::kDataLoss) continue;
    damaged.insert(damaged.end(), pack.layers.begin(), pack.layers.end());
  }
  report->push_back(fmt::format("chunk tables: {} files checked", packs.size()));
  return damaged.empty() ? arrow::Status::OK() : RebuildTables(upkeep, damaged, report);
}

arrow::Status ReadRows(const index::RowsPack& pack, const std::vector<LayerRow>& layers) {
  for (const LayerRow& layer : layers) {
    if (layer.layer->num_chunks == 0) continue;
    const auto chunk = pack.Read(layer.layer->id, 0);  // verifies the checksum of the whole layer
    if (base::CodeOf(chunk.status()) == base::Code::kDataLoss) return chunk.status();
  }
  return arrow::Status::OK();
}

arrow::Status CheckRows(const IndexUpkeep& upkeep, std::vector<std::string>* report) {
  ARROW_ASSIGN_OR_RAISE(const Packs packs, ListPacks(upkeep, PackKind::kRows));
  size_t damaged = 0;
  for (const auto& [id, pack] : packs) {
    ARROW_RETURN_NOT_OK(CheckStopping(upkeep));
    const std::string path = upkeep.state.PathOf(upkeep.dataset.id, id, PackKind::kRows);
    const auto opened = index::RowsPack::Open(path, pack.pack.info);
    const arrow::Status status = opened.ok() ? ReadRows(**opened, pack.layers) : opened.status();
    if (base::CodeOf(status) != base::Code::kDataLoss) continue;
    RewriteRowsPack(upkeep.state, upkeep.dataset, id);
    ++damaged;
  }
  report->push_back(fmt::format("row indexes: {} files checked", packs.size()));
  if (damaged > 0) {
    report->push_back(
        fmt::format("row indexes: {} files were missing or damaged and are being made again in the background", damaged));
  }
  return arrow::Status::OK();
}

// ---- merging

arrow::Status MergeTables(const IndexUpkeep& upkeep, std::vector<std::string>* report) {
  ARROW_ASSIGN_OR_RAISE(Packs packs, ListPacks(upkeep, PackKind::kTables));
  std::erase_if(packs, [](const auto& entry) { return entry.second.layers.size() >= kTableLayersSmall; });
  size_t merged = 0, written = 0;
  for (auto next = packs.begin(); next != packs.end();) {
    std::vector<index::LayerTable> tables;
    std::vector<Move> moves;
    size_t files = 0;
    for (; next != packs.end() && moves.size() + next->second.layers.size() <= kTableLayersMax; ++next) {
      ARROW_RETURN_NOT_OK(CheckStopping(upkeep));
      auto read =
          index::ReadLayerPack(upkeep.state.PathOf(upkeep.dataset.id, next->first, PackKind::kTables), next->second.pack.info);
      if (!read.ok()) continue;  // replaced or dropped meanwhile
      ++files;
      for (index::LayerTable& table : *read) {
        const auto& layers = next->second.layers;
        if (std::ranges::none_of(layers, [&](const LayerRow& row) { return row.layer->id == table.layer; })) continue;
        moves.push_back({table.layer, next->first});
        tables.push_back(std::move(table));
      }
    }
    if (files < 2 || moves.empty()) continue;
    ARROW_RETURN_NOT_OK(WriteTables(upkeep, tables, moves).status());
    merged += files;
    ++written;
  }
  report->push_back(fmt::format("chunk tables: {} small files merged into {}", merged, written));
  return arrow::Status::OK();
}

// All rows of a layer, out of its pack.
arrow::Result<index::LayerRows> RowsOf(const index::RowsPack& pack, const Layer& layer) {
  index::LayerRows rows;
  rows.layer = layer.id;
  for (uint32_t ordinal = 0; ordinal < layer.num_chunks; ++ordinal) {
    auto chunk = pack.Read(layer.id, ordinal);
    if (chunk.ok()) {
      rows.chunks.emplace_back(chunk.MoveValueUnsafe());
    } else if (base::CodeOf(chunk.status()) == base::Code::kNotFound) {
      rows.chunks.emplace_back();  // a damaged chunk of the recording
    } else {
      return chunk.status();
    }
  }
  return rows;
}

arrow::Status MergeRows(const IndexUpkeep& upkeep, std::vector<std::string>* report) {
  CatalogState& state = upkeep.state;
  ARROW_ASSIGN_OR_RAISE(Packs packs, ListPacks(upkeep, PackKind::kRows));
  std::erase_if(packs, [](const auto& entry) { return entry.second.pack.info.bytes >= kRowsBytesSmall; });
  size_t merged = 0, written = 0;
  for (auto next = packs.begin(); next != packs.end();) {
    std::vector<index::LayerRows> rows;
    std::vector<Move> moves;
    uint64_t bytes = 0;
    size_t files = 0;
    for (; next != packs.end() && bytes + next->second.pack.info.bytes <= kRowsBytesMax; ++next) {
      const auto pack =
          index::RowsPack::Open(state.PathOf(upkeep.dataset.id, next->first, PackKind::kRows), next->second.pack.info);
      if (!pack.ok()) continue;
      for (const LayerRow& layer : next->second.layers) {
        ARROW_RETURN_NOT_OK(CheckStopping(upkeep));
        auto read = RowsOf(**pack, *layer.layer);
        if (!read.ok()) continue;
        rows.push_back(read.MoveValueUnsafe());
        moves.push_back({layer.layer->id, next->first});
      }
      bytes += next->second.pack.info.bytes;
      ++files;
    }
    if (files < 2 || moves.empty()) continue;
    PackRow pack{state.next_pack++, PackKind::kRows, {}};
    ARROW_ASSIGN_OR_RAISE(pack.info, index::WriteRowsPack(state.PathOf(upkeep.dataset.id, pack.id, pack.kind), rows));
    ARROW_RETURN_NOT_OK(Adopt(upkeep, pack, moves).status());
    merged += files;
    ++written;
  }
  report->push_back(fmt::format("row indexes: {} small files merged into {}", merged, written));
  return arrow::Status::OK();
}

}  // namespace

arrow::Status CheckIndexes(const IndexUpkeep& upkeep, std::vector<std::string>* report) {
  ARROW_RETURN_NOT_OK(CheckTables(upkeep, report));
  return CheckRows(upkeep, report);
}

arrow::Status MergeIndexes(const IndexUpkeep& upkeep, std::vector<std::string>* report) {
  ARROW_RETURN_NOT_OK(MergeTables(upkeep, report));
  return MergeRows(upkeep, report);
}

arrow::Status RemakeIndexes(const IndexUpkeep& upkeep, std::vector<std::string>* report) {
  CatalogState& state = upkeep.state;
  ARROW_ASSIGN_OR_RAISE(const Packs packs, ListPacks(upkeep, PackKind::kTables));
  std::vector<LayerRow> layers;
  for (const auto& [id, pack] : packs) layers.insert(layers.end(), pack.layers.begin(), pack.layers.end());
  size_t made = 0;
  for (size_t begin = 0; begin < layers.size(); begin += kTableLayersMax) {
    ARROW_RETURN_NOT_OK(CheckStopping(upkeep));
    const size_t count = std::min(kTableLayersMax, layers.size() - begin);
    std::vector<TableResult> results(count, TableResult(base::Cancelled("the maintenance was cancelled")));
    ParallelFor(state.pool, state.workers, count, [&](size_t i) {
      if (!upkeep.stopping()) results[i] = RebuildTable(state, StoreKindOf(upkeep.dataset.kind), *layers[begin + i].layer);
    });
    std::vector<index::LayerTable> tables;
    std::vector<Move> moves;
    for (size_t i = 0; i < count; ++i) {
      if (!results[i].ok()) continue;  // the recording has changed or vanished: what is known of it stays
      tables.push_back({layers[begin + i].layer->id, *results[i]});
      moves.push_back({layers[begin + i].layer->id, *layers[begin + i].pack});
    }
    ARROW_RETURN_NOT_OK(CheckStopping(upkeep));
    if (moves.empty()) continue;
    ARROW_ASSIGN_OR_RAISE(const size_t moved, WriteTables(upkeep, tables, moves));
    made += moved;
  }
  report->push_back(fmt::format("chunk tables: {} of {} layers made anew from the recordings", made, layers.size()));
  ARROW_ASSIGN_OR_RAISE(const Packs rows, ListPacks(upkeep, PackKind::kRows));
  for (const auto& [id, pack] : rows) RewriteRowsPack(state, upkeep.dataset, id);
  report->push_back(fmt::format("row indexes: {} files dropped, they are being made anew in the background", rows.size()));
  return arrow::Status::OK();
}

arrow::Status DropOrphanedIndexes(const IndexUpkeep& upkeep, std::vector<std::string>* report) {
  CatalogState& state = upkeep.state;
  std::lock_guard change(upkeep.dataset.change_mutex);
  ARROW_ASSIGN_OR_RAISE(const auto live, state.database->Read([&](soci::session& sql) {
    std::unordered_set<PackId> ids;
    for (const PackRow& pack : ListPackRows(sql, upkeep.dataset.key)) ids.insert(pack.id);
    return arrow::Result<std::unordered_set<PackId>>(std::move(ids));
  }));
  const size_t removed = RemoveOrphanPacks(state.options.data_directory, upkeep.dataset.id, live, state.first_pack_of_this_run);
  report->push_back(fmt::format("orphaned index files: {} removed", removed));
  return arrow::Status::OK();
}

}  // namespace mutoscope::catalog
