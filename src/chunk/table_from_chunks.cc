#include "base/status.h"
#include "chunk/chunk_stats.h"
#include "chunk/chunk_table.h"
#include "chunk/table_builder.h"

namespace mutoscope::chunk {
namespace {

arrow::Result<ChunkStats> ReadStats(const storage::File& file, const rrd::ChunkPlace& place) {
  ARROW_ASSIGN_OR_RAISE(const rrd::ArrowMsgHead head, rrd::ReadArrowMsgHead(file, place));
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> ipc, rrd::ReadPayload(file, head));
  ARROW_ASSIGN_OR_RAISE(const Chunk chunk, DecodeChunk(std::move(ipc)));
  return StatsOf(chunk);
}

// True for errors that lie in the bytes of one chunk; others (the file went away) concern the whole file.
bool IsDamage(const arrow::Status& status) {
  const base::Code code = base::CodeOf(status);
  return code == base::Code::kDataLoss || code == base::Code::kInvalidArgument;
}

}  // namespace

arrow::Result<ChunkTable> TableFromChunks(const storage::File& file, const rrd::StoreContents& contents,
                                          std::vector<rrd::Finding>* findings) {
  std::vector<std::pair<rrd::ChunkPlace, ChunkStats>> chunks;
  for (const rrd::ChunkPlace& place : contents.chunks) {
    auto stats = ReadStats(file, place);
    if (stats.ok()) {
      chunks.emplace_back(place, *std::move(stats));
      continue;
    }
    if (!IsDamage(stats.status())) return stats.status();
    findings->push_back({place.message_offset, "a chunk is left out, it does not decode: " + stats.status().message()});
  }
  return TableFromStats(chunks);
}

arrow::Result<ChunkTable> MakeChunkTable(const storage::File& file, const rrd::StoreContents& contents,
                                         std::vector<rrd::Finding>* findings) {
  if (!contents.manifest.has_value()) return TableFromChunks(file, contents, findings);
  auto table = TableFromManifest(contents);
  if (table.ok()) return table;
  findings->push_back({0, "the manifest is not used, all chunks are read instead: " + table.status().message()});
  return TableFromChunks(file, contents, findings);
}

}  // namespace mutoscope::chunk
