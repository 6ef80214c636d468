// The rows of one chunk without copying them: what the query engine looks at.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/tuid.h"
#include "chunk/descriptor.h"
#include "index/chunk_rows.h"
#include "storage/scattered_read.h"

namespace mutoscope::index {

struct TimesView {
  std::string_view timeline;
  chunk::TimelineKind kind = chunk::TimelineKind::kSequence;
  std::span<const int64_t> times;  // one a row
};

struct CellsView {
  std::string_view component;
  std::span<const uint8_t> set;  // one bit a row, least significant first; empty = set in all rows

  bool all_set() const { return set.empty(); }
  bool IsSet(size_t row) const { return set.empty() || (set[row / 8] >> (row % 8) & 1) != 0; }
};

// A large cell of a pack or of a ChunkRows.
struct LargeCellView {
  uint64_t decoded_offset = 0;
  uint64_t length = 0;
  size_t num_runs = 0;  // 0: its bytes must be decoded
  const CellRun* runs = nullptr;
  const uint64_t* run_offsets = nullptr;
  const uint64_t* run_lengths = nullptr;

  CellRun run(size_t i) const { return runs != nullptr ? runs[i] : CellRun{run_offsets[i], run_lengths[i]}; }
};

// Views into memory that `owner` keeps: a mapped rows pack, or a ChunkRows. Immutable, thread-safe.
struct RowsView {
  // Large cells, ascending (component, row): columns of a pack, or null if `owned` has them.
  struct LargeCells {
    size_t begin = 0;
    size_t end = 0;
    const uint32_t* components = nullptr;
    const uint32_t* rows = nullptr;
    const uint64_t* decoded_offsets = nullptr;
    const uint64_t* lengths = nullptr;
    const int64_t* run_begins = nullptr;
    const uint64_t* run_offsets = nullptr;
    const uint64_t* run_lengths = nullptr;
  };

  std::shared_ptr<const void> owner;
  size_t num_rows = 0;
  bool wire_ready = false;
  std::vector<TimesView> timelines;
  std::vector<CellsView> components;      // as ChunkRows::components
  const uint8_t* row_id_bytes = nullptr;  // 16 bytes a row, or null if `owned` has them
  const ChunkRows* owned = nullptr;
  LargeCells large;
  std::span<const uint8_t> patches;
  std::span<const uint8_t> small_columns;  // ChunkRows::small_columns; empty if there are none
  size_t heap_bytes = 0;                   // of what `owner` keeps only for this chunk

  base::Tuid row_id(size_t row) const {
    return owned != nullptr ? owned->row_ids[row] : base::Tuid::FromBytes(row_id_bytes + row * sizeof(base::Tuid));
  }
  const TimesView* FindTimeline(std::string_view name) const {
    for (const TimesView& view : timelines) {
      if (view.timeline == name) return &view;
    }
    return nullptr;
  }
  // Position of a component, if the chunk has it.
  std::optional<uint32_t> FindComponent(std::string_view name) const {
    for (uint32_t i = 0; i < components.size(); ++i) {
      if (components[i].component == name) return i;
    }
    return std::nullopt;
  }
  std::optional<LargeCellView> FindLargeCell(uint32_t component, uint32_t row) const;
  // Sum of the lengths of all large cells.
  uint64_t LargeCellBytes() const;
};

// Puts the bytes of a large cell that has runs into `out` (cell.length bytes); what lies in the file arrives at the next
// ScatteredRead::Flush. DATA_LOSS if the runs do not make up the cell.
arrow::Status AddLargeCell(const LargeCellView& cell, std::span<const uint8_t> patches, std::span<uint8_t> out,
                           storage::ScatteredRead* read);

// Of rows that are not in a pack.
RowsView ViewOf(std::shared_ptr<const ChunkRows> rows);

}  // namespace mutoscope::index
