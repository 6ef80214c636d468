// The Clears of a chunk, row by row.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "arrow/result.h"
#include "catalog/catalog.h"
#include "index/dataset_index.h"

namespace mutoscope::query {

struct ClearRow {
  base::Tuid row_id;
  std::vector<int64_t> times;  // parallel to ClearChunk::timelines
  size_t instances = 0;        // of the flag's cell; null counts as none
  bool is_null = false;        // no Clear
  bool is_recursive = false;
  std::vector<std::string> values;  // other components that have a cell in this row
};

struct ClearChunk {
  std::vector<std::string> timelines;
  std::vector<ClearRow> rows;  // as stored
};

// Decodes the chunk, which has the component Clear:is_recursive. FAILED_PRECONDITION if the recording changed, DATA_LOSS if the
// chunk is damaged.
arrow::Result<ClearChunk> ReadClears(const catalog::Catalog& catalog, const catalog::Layer& layer, const index::ChunkInfo& info);

}  // namespace mutoscope::query
