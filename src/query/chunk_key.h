// Chunk keys: opaque to clients, they alone must locate what FetchChunks delivers (redap.md §4.3).
#pragma once

#include <cstdint>
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

// Names a chunk, or a piece of one: some rows and some component columns of it.
struct ChunkKey {
  catalog::EntryId dataset;
  index::LayerId layer = 0;
  uint32_t ordinal = 0;              // position in the layer's chunk table
  std::vector<RowRange> rows;        // ascending, disjoint; empty = all rows
  std::vector<uint32_t> components;  // ascending positions of component columns as stored; empty = all
  friend bool operator==(const ChunkKey&, const ChunkKey&) = default;

  bool whole() const { return rows.empty() && components.empty(); }
};

// Little-endian, versioned; see docs/formats/chunk_key.md.
std::string EncodeChunkKey(const ChunkKey& key);
// INVALID_ARGUMENT if the bytes are no chunk key of ours.
arrow::Result<ChunkKey> DecodeChunkKey(std::string_view bytes);

// The id under which a piece is announced and delivered: a function of the stored id and the piece, so that different pieces of
// one chunk are different chunks for the client, which drops duplicates by id (query.md §6.1). The stored id for a whole chunk.
base::Tuid PieceId(const base::Tuid& stored, const ChunkKey& key);

}  // namespace mutoscope::query
