// The rows of one segment in one range of the index, and which cells make them up. Reads the layer index, not the payload (but
// the flags of Clear components, which are small).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "arrow/result.h"
#include "query/cell_merge.h"
#include "query/chunk_source.h"
#include "query/columns.h"

namespace mutoscope::query {

// Where to look.
struct SegmentWindow {
  uint32_t segment = 0;  // position in DatasetSnapshot::segments
  chunk::TimeRange range{kIndexMin, kIndexMax};
  std::vector<index::ChunkRef> chunks;                 // static and temporal, of entities of QueryColumns::selection
  std::shared_ptr<const std::vector<int64_t>> values;  // the rows, where they are given (ascending, distinct); else null
  uint64_t rows_estimate = 0;
};

struct ScanOptions {
  bool fill = false;
};

// For one thread. What it refers to outlives it.
class SegmentScan {
 public:
  SegmentScan(const catalog::DatasetSnapshot& snapshot, const QueryColumns& columns, const ScanOptions& options,
              ChunkSource& source)
      : snapshot_(snapshot), columns_(columns), options_(options), source_(source) {}

  // Finds the rows. With index values given those, else the values of all rows in range with a cell in a visible column.
  arrow::Status Open(const SegmentWindow& window);

  const std::string& segment_id() const { return snapshot_.segments[segment_].id; }
  // Index values of the rows, ascending; without an index there is at most one row, and its value means nothing.
  std::span<const int64_t> values() const { return values_; }
  // Keeps only these rows (ascending positions). Only before the first call of Cells().
  void Keep(const std::vector<uint32_t>& positions);

  std::span<const SegmentChunk> chunks() const { return chunks_; }
  // The cell of each row; computed at the first call. For a static column all are the same.
  const CellRefs& Cells(uint32_t column);
  bool IsStatic(uint32_t column) const { return static_cells_.contains(column); }
  // The row's values of another index: the greatest among the cells that make up the row (query.md §2.6).
  std::vector<std::optional<int64_t>> OtherIndex(size_t index);

 private:
  arrow::Status LoadChunks(const SegmentWindow& window);
  void FindStaticCells();
  void DropStaticColumns();
  arrow::Status FindClears();
  arrow::Status AddClears(uint32_t chunk, const QueryColumns::ClearTargets& targets);
  const std::unordered_set<std::string>& NamesInSegment();
  void CollectValues(chunk::TimeRange range);
  const Hits& HitsOf(uint32_t chunk);

  const catalog::DatasetSnapshot& snapshot_;
  const QueryColumns& columns_;
  const ScanOptions options_;
  ChunkSource& source_;
  uint32_t segment_ = 0;
  std::vector<SegmentChunk> chunks_;
  std::vector<ClearEvent> clears_;
  std::unordered_map<uint32_t, CellRef> static_cells_;  // by column
  std::optional<std::unordered_set<std::string>> names_in_segment_;
  std::vector<int64_t> values_;
  std::vector<std::optional<Hits>> hits_;  // by chunk
  std::unordered_map<uint32_t, CellRefs> cells_;
};

}  // namespace mutoscope::query
