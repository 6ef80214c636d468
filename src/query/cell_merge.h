// Which cell of which chunk is the value of a column in a row of the answer? (query.md §2.1-2.8, rulings.md A1-A8.) Pure.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "index/rows_view.h"
#include "query/columns.h"
#include "query/intervals.h"

namespace mutoscope::query {

// A chunk of one segment with what the query needs to know of it.
struct SegmentChunk {
  struct Column {
    uint32_t id = 0;         // in QueryColumns::components
    uint32_t component = 0;  // in rows.components
  };
  index::ChunkInfo info;
  index::RowsView rows;
  std::span<const int64_t> times;  // on the index of the query; empty for static chunks
  bool times_sorted = true;
  std::vector<Column> columns;  // visible ones that it has and may use
};

// A cell of a chunk, or the empty list that a Clear in that row makes of it.
struct CellRef {
  static constexpr uint32_t kNoChunk = 0x7FFFFFFF;
  uint32_t chunk : 31 = kNoChunk;  // position among the segment's chunks
  uint32_t is_cleared : 1 = 0;
  uint32_t row = 0;

  static CellRef Value(uint32_t chunk, uint32_t row) { return {chunk & kNoChunk, 0, row}; }
  static CellRef Cleared(uint32_t chunk, uint32_t row) { return {chunk & kNoChunk, 1, row}; }
  bool is_null() const { return chunk == kNoChunk; }
  friend bool operator==(const CellRef& a, const CellRef& b) {
    return a.chunk == b.chunk && a.is_cleared == b.is_cleared && a.row == b.row;
  }
};
using CellRefs = std::vector<CellRef>;

// A row of a Clear component that empties columns.
struct ClearEvent {
  uint32_t chunk = 0;
  uint32_t row = 0;
  int64_t time = 0;
  ColumnIds columns;  // that it empties in this segment
};

// Rows of a chunk that matter, and the rows of the answer they may give a value to: neighbours beside neighbours (`count` of them
// from `first_row` and `first_position` on), or one by one.
struct Hits {
  uint32_t first_row = 0;
  uint32_t first_position = 0;
  uint32_t count = 0;
  std::vector<uint32_t> rows;       // of the chunk
  std::vector<uint32_t> positions;  // of the answer, parallel

  template <typename Visit>
  void ForEach(Visit&& visit) const {
    for (uint32_t i = 0; i < count; ++i) visit(first_row + i, first_position + i);
    for (size_t i = 0; i < rows.size(); ++i) visit(rows[i], positions[i]);
  }
};

// The rows of the answer have the index values `values` (ascending, distinct). Without fill, a row of the chunk hits the row of
// the same value; with fill, the first row at or after it. `all_set`: every column of interest is set in every row of the chunk.
Hits FindHits(const SegmentChunk& chunk, std::span<const int64_t> values, bool fill, bool all_set);

// Positions of the rows of a chunk with sorted times in [min, max].
std::pair<size_t, size_t> RowsIn(std::span<const int64_t> sorted_times, chunk::TimeRange range);

// Decides between candidates for one cell: the later time, then the greater row id, then the value before the Clear.
class CellOrder {
 public:
  explicit CellOrder(std::span<const SegmentChunk> chunks) : chunks_(chunks) {}
  bool Replaces(CellRef candidate, CellRef current) const;

 private:
  int64_t TimeOf(CellRef cell) const { return chunks_[cell.chunk].times[cell.row]; }
  std::span<const SegmentChunk> chunks_;
};

// Carries each value forward to the rows without one.
void FillForward(CellRefs* cells);

}  // namespace mutoscope::query
