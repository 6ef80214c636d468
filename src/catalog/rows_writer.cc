#include "catalog/rows_writer.h"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>

#include "base/status.h"
#include "index/chunk_rows.h"

namespace mutoscope::catalog {
namespace {

constexpr uint64_t kPackBytes = uint64_t{64} << 20;
constexpr auto kSettleTime = std::chrono::seconds(1);
constexpr int kLayersListed = 256;
constexpr int kNiceLevel = 10;

// About the bytes of a chunk's rows in a pack.
uint64_t BytesOf(const index::ChunkRows& rows) {
  uint64_t bytes = 64 + rows.row_ids.size() * (sizeof(base::Tuid) + 8 * rows.times.size());
  for (const auto& component : rows.components) bytes += 64 + component.set.size() + component.non_empty.size();
  bytes += rows.patches.size() + (rows.small_columns == nullptr ? 0 : static_cast<uint64_t>(rows.small_columns->size()));
  for (const auto& cell : rows.large_cells) bytes += 24 + 16 * cell.runs.size();
  return bytes;
}

}  // namespace

struct RowsWriter::Batch {
  DatasetKey dataset = 0;
  EntryId dataset_id;
  std::vector<index::LayerRows> layers;
  uint64_t bytes = 0;
  // The chunk tables that were read last: neighbours share a pack.
  PackId tables_pack = 0;
  std::unordered_map<index::LayerId, std::shared_ptr<const chunk::ChunkTable>> tables;
};

RowsWriter::RowsWriter(CatalogState& state) : state_(state), thread_([this] { Run(); }) {}

RowsWriter::~RowsWriter() {
  {
    std::lock_guard lock(state_.rows_signal.mutex);
    state_.rows_signal.stopping = true;
  }
  state_.rows_signal.changed.notify_all();
  thread_.join();
}

void RowsWriter::Run() {
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNiceLevel);  // of this thread alone, on Linux
  uint64_t changes_done = 0;
  while (WaitForWork(&changes_done)) WriteAll();
}

// True when there is something new and it has been quiet for a while; false at the end.
bool RowsWriter::WaitForWork(uint64_t* changes_done) {
  RowsSignal& signal = state_.rows_signal;
  std::unique_lock lock(signal.mutex);
  for (;;) {
    signal.changed.wait(lock, [&] { return signal.stopping || (signal.changes != *changes_done && signal.registrations == 0); });
    if (signal.stopping) return false;
    const uint64_t seen = signal.changes;
    const bool disturbed = signal.changed.wait_for(
        lock, kSettleTime, [&] { return signal.stopping || signal.changes != seen || signal.registrations > 0; });
    if (signal.stopping) return false;
    if (disturbed) continue;
    *changes_done = seen;
    return true;
  }
}

// Waits while registrations run; false at the end.
bool RowsWriter::MayGoOn() {
  RowsSignal& signal = state_.rows_signal;
  std::unique_lock lock(signal.mutex);
  signal.changed.wait(lock, [&] { return signal.stopping || signal.registrations == 0; });
  return !signal.stopping;
}

// The rows of a layer that grows would be written anew each time: they are when it rests.
bool RowsWriter::Grows(index::LayerId layer) {
  std::lock_guard lock(state_.rows_signal.mutex);
  return state_.rows_signal.growing.contains(layer);
}

void RowsWriter::WriteAll() {
  Batch batch;
  index::LayerId after = 0;
  for (;;) {
    const auto layers = state_.database->Read([&](soci::session& sql) {
      return arrow::Result<std::vector<LayerWithoutRows>>(ListLayersWithoutRows(sql, after, kLayersListed));
    });
    if (!layers.ok() || layers->empty()) break;
    for (const LayerWithoutRows& layer : *layers) {
      after = layer.layer;
      if (skipped_.contains(layer.layer) || Grows(layer.layer)) continue;
      if (batch.dataset != layer.dataset || batch.bytes >= kPackBytes) {
        if (!Flush(&batch).ok()) return;  // e.g. the disk is full: tried again after the next change, or at the next start
      }
      batch.dataset = layer.dataset;
      batch.dataset_id = layer.dataset_id;
      if (const arrow::Status status = Add(layer, &batch); base::CodeOf(status) == base::Code::kCancelled) {
        return;
      } else if (!status.ok()) {
        skipped_[layer.layer] = status.message();
      }
    }
  }
  (void)Flush(&batch);
}

arrow::Status RowsWriter::Add(const LayerWithoutRows& layer, Batch* batch) {
  if (batch->tables_pack != layer.pack.id) {
    ARROW_ASSIGN_OR_RAISE(
        auto tables, index::ReadLayerPack(state_.PathOf(layer.dataset_id, layer.pack.id, PackKind::kTables), layer.pack.info));
    batch->tables.clear();
    for (auto& table : tables) batch->tables[table.layer] = std::move(table.table);
    batch->tables_pack = layer.pack.id;
  }
  const auto table = batch->tables.find(layer.layer);
  if (table == batch->tables.end()) return base::DataLoss("layer {} is not in its pack", layer.layer);
  ARROW_ASSIGN_OR_RAISE(const auto file, state_.files.Open(layer.path, layer.identity));
  index::LayerRows rows;
  rows.layer = layer.layer;
  uint64_t bytes = 0;
  for (const chunk::ChunkRow& row : table->second->chunks) {
    if (!MayGoOn()) return base::Cancelled("stopping");
    auto chunk = index::BuildChunkRows(*file, row.place);
    if (chunk.ok()) bytes += BytesOf(*chunk);
    rows.chunks.push_back(chunk.ok() ? std::optional(chunk.MoveValueUnsafe())
                                     : std::nullopt);  // a damaged chunk fails its queries
  }
  ARROW_RETURN_NOT_OK(state_.files.Open(layer.path, layer.identity).status());  // still the same file
  batch->layers.push_back(std::move(rows));
  batch->bytes += bytes;
  return arrow::Status::OK();
}

arrow::Status RowsWriter::Flush(Batch* batch) {
  const std::vector<index::LayerRows> layers = std::exchange(batch->layers, {});
  batch->bytes = 0;
  if (layers.empty()) return arrow::Status::OK();
  PackRow pack{state_.next_pack++, PackKind::kRows, {}};
  const std::string path = state_.PathOf(batch->dataset_id, pack.id, pack.kind);
  const auto dataset = FindOpenDataset(state_, batch->dataset_id);
  auto info = index::WriteRowsPack(path, layers);
  arrow::Status status = info.status();
  if (status.ok()) {
    pack.info = *info;
    status = state_.database->Write([&](soci::session& sql) -> arrow::Status {
      ARROW_RETURN_NOT_OK(ReadDatasetRow(sql, batch->dataset).status());
      InsertPackRow(sql, batch->dataset, pack);
      std::vector<index::LayerId> written;
      for (const index::LayerRows& layer : layers) {
        if (SetLayerRowsPack(sql, layer.layer, layer.chunks.size(), pack.id)) written.push_back(layer.layer);
      }
      if (written.empty()) return base::NotFound("all layers of the pack were unregistered meanwhile");
      if (dataset != nullptr) {  // here, so that whoever sees the rows in the database also gets them
        std::lock_guard lock(dataset->value_mutex);
        for (const index::LayerId layer : written) dataset->rows_packs[layer] = pack.id;
      }
      return arrow::Status::OK();
    });
  }
  if (status.ok()) return status;
  RemoveFile(path);
  if (dataset != nullptr) {
    std::lock_guard lock(dataset->value_mutex);
    std::erase_if(dataset->rows_packs, [&](const auto& entry) { return entry.second == pack.id; });
  }
  return base::CodeOf(status) == base::Code::kNotFound ? arrow::Status::OK() : status;
}

}  // namespace mutoscope::catalog
