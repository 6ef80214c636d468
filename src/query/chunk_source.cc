#include "query/chunk_source.h"

#include <algorithm>

#include "arrow/builder.h"
#include "arrow/io/memory.h"
#include "arrow/ipc/reader.h"
#include "base/status.h"
#include "chunk/chunk.h"
#include "chunk/column_prefix.h"
#include "chunk/head.h"

namespace mutoscope::query {
namespace {

constexpr uint64_t kLargePayloadBytesMin = 64 << 10;  // of these, a small column is copied so that it does not keep them alive

arrow::Status AtChunk(const arrow::Status& status, const storage::File& file, const index::ChunkInfo& info) {
  return base::WithContext(status,
                           fmt::format("'{}': chunk {} at offset {}", file.path(), info.id.text(), info.place.message_offset));
}

// The array in memory of its own.
arrow::Result<std::shared_ptr<arrow::Array>> Compacted(const arrow::Array& cells) {
  std::unique_ptr<arrow::ArrayBuilder> builder;
  ARROW_RETURN_NOT_OK(arrow::MakeBuilder(arrow::default_memory_pool(), cells.type(), &builder));
  ARROW_RETURN_NOT_OK(builder->AppendArraySlice(arrow::ArraySpan(*cells.data()), 0, cells.length()));
  return builder->Finish();
}

uint64_t BytesOf(const arrow::ArrayData& data) {
  uint64_t bytes = 0;
  for (const auto& buffer : data.buffers) bytes += buffer == nullptr ? 0 : static_cast<uint64_t>(buffer->size());
  for (const auto& child : data.child_data) bytes += BytesOf(*child);
  return bytes;
}

}  // namespace

arrow::Result<const storage::File*> ChunkSource::FileOf(index::LayerId layer) {
  auto& file = layers_[layer].file;
  if (file == nullptr) {
    ARROW_ASSIGN_OR_RAISE(file, catalog_.OpenLayer(LayerOf(layer)));
  }
  return file.get();
}

arrow::Result<index::RowsView> ChunkSource::Rows(index::ChunkRef ref, const index::ChunkInfo& info) {
  counters_.chunks += 1;
  LayerParts& parts = layers_[info.layer];
  if (!parts.looked_for_rows) parts.rows = catalog_.LayerRows(snapshot_.dataset.entry.id, info.layer);
  parts.looked_for_rows = true;
  if (parts.rows != nullptr) {
    if (auto view = parts.rows->Chunk(info.ordinal); view.ok()) return view;
  }
  if (const auto cached = cache_.FindRows(info.layer, info.ordinal)) return *cached;
  ARROW_ASSIGN_OR_RAISE(auto made, MakeRows(ref, info));
  auto view = std::make_shared<index::RowsView>(index::ViewOf(std::make_shared<const index::ChunkRows>(std::move(made))));
  cache_.AddRows(info.layer, info.ordinal, view);
  return *view;
}

// Where every cell is set, which the chunk table knows, the head of the chunk is enough.
arrow::Result<index::ChunkRows> ChunkSource::MakeRows(index::ChunkRef ref, const index::ChunkInfo& info) {
  ARROW_ASSIGN_OR_RAISE(const auto* file, FileOf(info.layer));
  const auto components = snapshot_.index->ComponentsOf(ref);
  const bool all_set = !info.is_static && std::ranges::all_of(components, [&](const auto& component) {
    return component.rows_set == info.num_rows;
  });
  if (!all_set) {
    counters_.chunks_decoded += 1;
    counters_.bytes_read += static_cast<int64_t>(info.place.message_size);
    counters_.bytes_decoded += static_cast<int64_t>(info.place.uncompressed_size);
    auto rows = index::BuildChunkRows(*file, info.place);
    if (!rows.ok()) return AtChunk(rows.status(), *file, info);
    return rows;
  }
  const auto read = [&]() -> arrow::Result<index::ChunkRows> {
    ARROW_ASSIGN_OR_RAISE(const auto message, rrd::ReadArrowMsgHead(*file, info.place));
    ARROW_ASSIGN_OR_RAISE(auto head, chunk::ReadChunkHead(*file, message, &cache_.schemas()));
    index::ChunkRows rows;
    rows.row_ids_sorted = head.row_ids_sorted;
    rows.wire_ready = head.row_ids_sorted && chunk::IsWireReady(*head.stored_schema);
    rows.row_ids = std::move(head.row_ids);
    rows.timelines = std::move(head.timelines);
    rows.times = std::move(head.times);
    for (const auto& component : components) rows.components.push_back({*component.descriptor, {}, {}});
    return rows;
  };
  auto rows = read();
  if (!rows.ok()) return AtChunk(rows.status(), *file, info);
  if (rows->row_ids.size() != info.num_rows) {
    return base::DataLoss("'{}': the manifest promises {} rows of the chunk at offset {}, it has {}", file->path(), info.num_rows,
                          info.place.message_offset, rows->row_ids.size());
  }
  counters_.bytes_read += static_cast<int64_t>(std::min<uint64_t>(info.place.message_size, 4096));
  return rows;
}

arrow::Result<std::shared_ptr<arrow::Array>> ChunkSource::Column(const index::ChunkInfo& info, const index::RowsView& rows,
                                                                 std::string_view component, int64_t num_rows, bool keep) {
  ARROW_ASSIGN_OR_RAISE(const auto* file, FileOf(info.layer));
  const ChunkPart part{info.layer, info.ordinal, std::string(component)};
  if (last_cells_ != nullptr && last_part_ == part && last_cells_->length() >= num_rows) return last_cells_;
  if (auto cached = cache_.FindColumn(part, num_rows)) {
    counters_.cache_hits += 1;
    return cached;
  }
  auto decoded = Decode(*file, info, rows, component, num_rows);
  if (!decoded.ok()) return AtChunk(decoded.status(), *file, info);
  std::shared_ptr<arrow::Array> cells = decoded.MoveValueUnsafe();
  uint64_t bytes = BytesOf(*cells->data());
  if (bytes < info.place.uncompressed_size / 2 && info.place.uncompressed_size >= kLargePayloadBytesMin) {
    ARROW_ASSIGN_OR_RAISE(cells, Compacted(*cells));
    bytes = BytesOf(*cells->data());
  } else {
    bytes = std::max(bytes, info.place.uncompressed_size);  // the payload stays alive
  }
  if (keep) cache_.AddColumn(part, cells, bytes);
  last_part_ = part;
  last_cells_ = cells;
  return cells;
}

namespace {

// The column, if the rows index holds a copy of it. Null if not.
arrow::Result<std::shared_ptr<arrow::Array>> SmallColumn(const index::RowsView& rows, std::string_view component) {
  if (rows.small_columns.empty()) return nullptr;
  const auto bytes = std::make_shared<arrow::Buffer>(rows.small_columns.data(), static_cast<int64_t>(rows.small_columns.size()));
  ARROW_ASSIGN_OR_RAISE(const auto reader,
                        arrow::ipc::RecordBatchStreamReader::Open(std::make_shared<arrow::io::BufferReader>(bytes)));
  const int field = reader->schema()->GetFieldIndex(std::string(component));
  if (field < 0) return nullptr;
  std::shared_ptr<arrow::RecordBatch> batch;
  ARROW_RETURN_NOT_OK(reader->ReadNext(&batch));
  if (batch == nullptr || batch->num_rows() != static_cast<int64_t>(rows.num_rows)) return nullptr;
  return Compacted(*batch->column(field));  // the index file may go away
}

}  // namespace

arrow::Result<std::shared_ptr<arrow::Array>> ChunkSource::Decode(const storage::File& file, const index::ChunkInfo& info,
                                                                 const index::RowsView& rows, std::string_view component,
                                                                 int64_t num_rows) {
  ARROW_ASSIGN_OR_RAISE(auto small, SmallColumn(rows, component));
  if (small != nullptr) return small;
  counters_.chunks_decoded += 1;
  ARROW_ASSIGN_OR_RAISE(const auto head, rrd::ReadArrowMsgHead(file, info.place));
  if (rows.wire_ready) {
    ARROW_ASSIGN_OR_RAISE(auto prefix, chunk::ReadColumnPrefix(file, head, component, num_rows, &cache_.schemas()));
    if (prefix) {
      counters_.bytes_decoded += static_cast<int64_t>(prefix->bytes_decoded);
      counters_.bytes_read += static_cast<int64_t>(std::min(prefix->bytes_decoded, head.payload_size));
      return prefix->cells;
    }
  }
  counters_.bytes_decoded += static_cast<int64_t>(head.uncompressed_size);
  counters_.bytes_read += static_cast<int64_t>(head.payload_size);
  ARROW_ASSIGN_OR_RAISE(auto payload, rrd::ReadPayload(file, head));
  ARROW_ASSIGN_OR_RAISE(const auto chunk, chunk::DecodeChunk(std::move(payload)));
  for (size_t i = 0; i < chunk.components.size(); ++i) {
    if (chunk.components[i].component != component) continue;
    auto cells = chunk.batch->column(chunk.component_column(i));
    if (cells->length() < num_rows) return base::DataLoss("it has {} rows, expected {}", cells->length(), num_rows);
    return cells;
  }
  return base::DataLoss("its index promises a component '{}' that it lacks", component);
}

}  // namespace mutoscope::query
