#include "query/deliver.h"

#include <algorithm>

#include "base/status.h"
#include "chunk/head.h"
#include "query/cells.h"
#include "query/made_chunk.h"

namespace mutoscope::query {
namespace {

constexpr uint64_t kMapBytesMin = 64 << 10;  // below it one read is cheaper than a mapping and its page faults

struct Source {
  const catalog::Layer& layer;
  index::ChunkRef ref;
  index::ChunkInfo info;
  std::shared_ptr<const storage::File> file;
  rrd::ArrowMsgHead head;
};

arrow::Result<bool> StoredFormIsWireReady(const std::optional<index::ChunkRows>& rows, const Source& source) {
  if (rows) return rows->wire_ready;
  ARROW_ASSIGN_OR_RAISE(const auto head, chunk::ReadChunkHead(*source.file, source.head));
  return head.row_ids_sorted && chunk::IsWireReady(*head.stored_schema);
}

arrow::Status DeliverStored(const Source& source, DeliveredChunk* out) {
  const auto& head = source.head;
  out->compression = head.compression;
  out->uncompressed_size = head.uncompressed_size;
  auto payload = head.payload_size >= kMapBytesMin ? source.file->Map(head.payload_offset, head.payload_size)
                                                   : source.file->Read(head.payload_offset, head.payload_size);
  ARROW_ASSIGN_OR_RAISE(auto buffer, std::move(payload));
  out->payload.push_back(std::move(buffer));
  return arrow::Status::OK();
}

// Positions among the decoded chunk's components of those that the key names (positions in the chunk table, which leaves out
// components that are null in every row).
arrow::Result<std::vector<size_t>> ComponentPositions(const ChunkKey& key, const chunk::Chunk& chunk,
                                                      const std::vector<index::DatasetIndex::ComponentInfo>& table) {
  std::vector<size_t> positions;
  if (key.components.empty()) {
    for (size_t i = 0; i < chunk.components.size(); ++i) positions.push_back(i);
    return positions;
  }
  for (const uint32_t wanted : key.components) {
    if (wanted >= table.size()) return base::InvalidArgument("chunk_key: the chunk has no component {}", wanted);
    const auto& name = table[wanted].descriptor->component;
    const auto found =
        std::find_if(chunk.components.begin(), chunk.components.end(), [&](const auto& d) { return d.component == name; });
    if (found == chunk.components.end())
      return base::DataLoss("the manifest promises a component '{}' that the chunk lacks", name);
    positions.push_back(static_cast<size_t>(found - chunk.components.begin()));
  }
  std::sort(positions.begin(), positions.end());
  return positions;
}

arrow::Result<std::vector<int64_t>> RowPositions(const ChunkKey& key, int64_t num_rows) {
  std::vector<int64_t> rows;
  for (const RowRange& range : key.rows) {
    if (uint64_t{range.begin} + range.count > static_cast<uint64_t>(num_rows)) {
      return base::InvalidArgument("chunk_key: rows up to {} of a chunk of {}", uint64_t{range.begin} + range.count, num_rows);
    }
    for (uint32_t i = 0; i < range.count; ++i) rows.push_back(int64_t{range.begin} + i);
  }
  if (key.rows.empty()) {
    for (int64_t row = 0; row < num_rows; ++row) rows.push_back(row);
  }
  return rows;
}

arrow::Status Encode(const chunk::Chunk& chunk, DeliveredChunk* out) {
  ARROW_ASSIGN_OR_RAISE(out->payload, chunk::EncodeChunk(chunk));
  out->compression = rrd::Compression::kNone;
  out->uncompressed_size = out->payload_bytes();
  return arrow::Status::OK();
}

arrow::Status DeliverDecoded(const ChunkKey& key, const Source& source,
                             const std::vector<index::DatasetIndex::ComponentInfo>& components, DeliveredChunk* out) {
  ARROW_ASSIGN_OR_RAISE(auto payload, rrd::ReadPayload(*source.file, source.head));
  ARROW_ASSIGN_OR_RAISE(auto chunk, chunk::DecodeChunk(std::move(payload)));
  if (!key.whole()) {
    ARROW_ASSIGN_OR_RAISE(const auto rows, RowPositions(key, chunk.num_rows()));
    ARROW_ASSIGN_OR_RAISE(const auto positions, ComponentPositions(key, chunk, components));
    ARROW_ASSIGN_OR_RAISE(chunk, chunk::Slice(chunk, rows, positions, out->chunk_id));
  }
  ARROW_ASSIGN_OR_RAISE(chunk, chunk::SortedByRowId(chunk));
  return Encode(chunk, out);
}

arrow::Status DeliverPiece(const catalog::DatasetSnapshot& snapshot, const ChunkKey& key,
                           const std::optional<index::ChunkRows>& rows, const Source& source, DeliveredChunk* out) {
  const auto components = snapshot.index->ComponentsOf(source.ref);
  if (rows && !key.components.empty()) {
    std::vector<chunk::Descriptor> wanted;
    for (const uint32_t component : key.components) {
      if (component >= components.size()) return base::InvalidArgument("chunk_key: the chunk has no component {}", component);
      wanted.push_back(*components[component].descriptor);
    }
    ARROW_ASSIGN_OR_RAISE(const auto chunk, ChunkFromCells(*source.file, *rows, key, wanted, std::string(source.info.entity),
                                                           out->chunk_id, *snapshot.schema));
    if (chunk) return Encode(*chunk, out);
  }
  return DeliverDecoded(key, source, components, out);
}

arrow::Result<DeliveredChunk> DeliverMade(const catalog::DatasetSnapshot& snapshot, const catalog::Layer& layer,
                                          const ChunkKey& key) {
  DeliveredChunk out;
  out.segment_id = layer.segment_id;
  out.application_id = layer.application_id;
  out.chunk_id = PieceId(base::Tuid{}, key);
  out.is_static = key.made->timelines.empty();
  ARROW_ASSIGN_OR_RAISE(const auto chunk, ToChunk(*key.made, out.chunk_id, *snapshot.schema));
  ARROW_RETURN_NOT_OK(Encode(chunk, &out));
  return out;
}

}  // namespace

uint64_t DeliveredChunk::payload_bytes() const {
  uint64_t bytes = 0;
  for (const auto& piece : payload) bytes += static_cast<uint64_t>(piece->size());
  return bytes;
}

arrow::Result<DeliveredChunk> Deliver(const catalog::Catalog& catalog, const catalog::DatasetSnapshot& snapshot,
                                      const ChunkKey& key) {
  const auto position = snapshot.layer_positions.find(key.layer);
  if (position == snapshot.layer_positions.end()) {
    return base::NotFound("chunk_key: its layer is not registered with dataset '{}' any more", snapshot.dataset.entry.name);
  }
  const catalog::Layer& layer = *snapshot.layers[position->second];
  if (key.made) return DeliverMade(snapshot, layer, key);
  ARROW_ASSIGN_OR_RAISE(const auto ref, snapshot.index->Find(key.layer, key.ordinal));
  const auto info = snapshot.index->Info(ref);
  ARROW_ASSIGN_OR_RAISE(const auto file, catalog.OpenLayer(layer));
  ARROW_ASSIGN_OR_RAISE(auto head, rrd::ReadArrowMsgHead(*file, info.place));
  const Source source{layer, ref, info, file, std::move(head)};

  DeliveredChunk out;
  out.store_kind = source.head.store.kind;
  out.segment_id = layer.segment_id;
  out.application_id = layer.application_id;
  out.chunk_id = PieceId(info.id, key);
  out.is_static = info.is_static;
  const auto rows = catalog.Rows(key.dataset, key.layer, key.ordinal);
  bool stored = key.whole();
  if (stored) {
    ARROW_ASSIGN_OR_RAISE(stored, StoredFormIsWireReady(rows, source));
  }
  const auto status = stored ? DeliverStored(source, &out) : DeliverPiece(snapshot, key, rows, source, &out);
  if (!status.ok()) {
    return base::WithContext(status,
                             fmt::format("{}: chunk {} at offset {}", layer.path, info.id.text(), info.place.message_offset));
  }
  return out;
}

}  // namespace mutoscope::query
