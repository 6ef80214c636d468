// From cells of chunks to the values of a column: the only part of a query that reads payload.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "arrow/array.h"
#include "arrow/result.h"
#include "query/cell_merge.h"
#include "query/chunk_source.h"

namespace mutoscope::query {

// About how many bytes a cell has; exact for large cells.
uint64_t CellBytes(const SegmentChunk& chunk, uint32_t component, uint32_t row);

// An array of the column's type with a row for each cell. Large cells that lie verbatim in the recording are read straight into
// it; for others as short a prefix of their chunk is decoded as holds them, and kept in the cache for their neighbours. Without a
// copy where the cells are neighbours in a chunk that is decoded. `rows_needed`: of each chunk, how many of the first rows this
// query is going to need of the column (0 = as many as `cells` says), so that a chunk is not decoded again for the next batch.
arrow::Result<std::shared_ptr<arrow::Array>> ReadCells(const ComponentColumn& column, std::span<const SegmentChunk> chunks,
                                                       std::span<const CellRef> cells, std::span<const uint32_t> rows_needed,
                                                       ChunkSource& source);

}  // namespace mutoscope::query
