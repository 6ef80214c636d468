// The head of a chunk: row ids and index columns, read without the component payload.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "arrow/result.h"
#include "chunk/chunk.h"
#include "chunk/schema_memo.h"
#include "rrd/recording.h"
#include "storage/file.h"

namespace mutoscope::chunk {

// Immutable.
struct ChunkHead {
  std::shared_ptr<arrow::Schema> stored_schema;  // of the chunk as it lies in the file, not migrated
  int64_t num_rows = 0;
  bool row_ids_sorted = true;
  std::vector<base::Tuid> row_ids;  // num_rows
  std::vector<Timeline> timelines;
  std::vector<std::vector<int64_t>> times;  // [timeline][row], raw int64 (ns for timestamps and durations)
};

// Decodes the prefix of the IPC stream that ends with the last index column (rrd.md §2.1: row ids and index columns come first).
// Falls back to the whole payload where a column order or migration of an old file needs it. `schemas` may be null; with it,
// `stored_schema` may hold the id of another chunk.
arrow::Result<ChunkHead> ReadChunkHead(const storage::File& file, const rrd::ArrowMsgHead& head, SchemaMemo* schemas = nullptr);

}  // namespace mutoscope::chunk
