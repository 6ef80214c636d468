// Chunk keys: opaque to clients, they alone must locate what FetchChunks delivers (redap.md §4.3).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/result.h"
#include "base/tuid.h"
#include "catalog/entry.h"

namespace mutoscope::query {

struct RowRange {  // [begin, begin + count)
  uint32_t begin = 0;
  uint32_t count = 0;
  friend bool operator==(const RowRange&, const RowRange&) = default;
};

// A row that no recording holds: its cells are all `[null]` or all `[]`.
struct MadeRow {
  base::Tuid row_id;
  std::vector<int64_t> times;  // parallel to MadeChunk::timelines
  bool has_instance = false;   // `[null]`
  friend bool operator==(const MadeRow&, const MadeRow&) = default;
};

// A chunk that no recording holds, sent so that a stock client comes to the right answer (supplements.h).
struct MadeChunk {
  std::string entity;
  std::vector<std::string> components;  // at least one
  std::vector<std::string> timelines;   // none: static
  std::vector<MadeRow> rows;            // ascending row ids; at least one
  friend bool operator==(const MadeChunk&, const MadeChunk&) = default;
};

// Names a chunk, or a piece of one: some rows and some component columns of it; or holds all of a made chunk.
struct ChunkKey {
  catalog::EntryId dataset;
  index::LayerId layer = 0;                      // of a made chunk: any of its segment
  uint32_t ordinal = 0;                          // position in the layer's chunk table
  std::vector<RowRange> rows;                    // ascending, disjoint; empty = all rows
  std::vector<uint32_t> components;              // ascending positions of component columns as stored; empty = all
  std::optional<MadeChunk> made = std::nullopt;  // then no rows and components
  friend bool operator==(const ChunkKey&, const ChunkKey&) = default;

  bool whole() const { return rows.empty() && components.empty() && !made; }
};

// Little-endian, versioned; see docs/formats/chunk_key.md.
std::string EncodeChunkKey(const ChunkKey& key);
// INVALID_ARGUMENT if the bytes are no chunk key of ours.
arrow::Result<ChunkKey> DecodeChunkKey(std::string_view bytes);

// The id under which a piece is announced and delivered: a function of the stored id and the piece, so that different pieces of
// one chunk are different chunks for the client, which drops duplicates by id (query.md §6.1). The stored id for a whole chunk;
// of a made chunk a function of its key.
base::Tuid PieceId(const base::Tuid& stored, const ChunkKey& key);

}  // namespace mutoscope::query
