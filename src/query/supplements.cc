#include "query/supplements.h"

#include <algorithm>

namespace mutoscope::query {
namespace {

constexpr uint64_t kMadeChunkBytes = 1024;  // about what is sent for one

}  // namespace

arrow::Result<index::ChunkRows> LoadRows(const catalog::Catalog& catalog, const catalog::DatasetSnapshot& snapshot,
                                         const FoundChunk& chunk) {
  if (auto rows = catalog.Rows(chunk.key.dataset, chunk.key.layer, chunk.key.ordinal)) return std::move(*rows);
  ARROW_ASSIGN_OR_RAISE(const auto file, catalog.OpenLayer(*chunk.layer));
  return index::BuildChunkRows(*file, snapshot.index->Info(chunk.ref).place);
}

bool IsSet(const std::vector<uint8_t>& bits, size_t row) { return bits.empty() || (bits[row / 8] >> (row % 8) & 1) != 0; }

bool IsSent(const FoundChunk& chunk, size_t row) {
  const auto holds = [&](const RowRange& range) { return row >= range.begin && row - range.begin < range.count; };
  return chunk.key.rows.empty() || std::ranges::any_of(chunk.key.rows, holds);
}

FoundChunk AnnounceMade(const catalog::DatasetSnapshot& snapshot, const FoundChunk& beside, MadeChunk made,
                        const std::vector<std::string>& announce) {
  FoundChunk found;
  found.layer = beside.layer;
  found.entity = beside.entity;
  found.is_static = made.timelines.empty();
  found.bytes = kMadeChunkBytes;
  for (const auto& timeline : announce) {
    auto& start = found.starts.emplace_back();
    const auto position = static_cast<size_t>(std::ranges::find(made.timelines, timeline) - made.timelines.begin());
    if (position == made.timelines.size()) continue;
    for (const MadeRow& row : made.rows) start = std::min(start.value_or(row.times[position]), row.times[position]);
  }
  found.key = {snapshot.dataset.entry.id, beside.layer->id, 0, {}, {}, std::move(made)};
  found.id = PieceId({}, found.key);
  return found;
}

}  // namespace mutoscope::query
