#include "index/rows_view.h"

#include <algorithm>
#include <utility>

namespace mutoscope::index {
namespace {

std::optional<FileRun> OnlyRun(const std::vector<FileRun>& runs) {
  return runs.size() == 1 ? std::optional(runs.front()) : std::nullopt;
}

size_t HeapBytesOf(const ChunkRows& rows) {
  size_t bytes = sizeof(ChunkRows) + rows.row_ids.size() * sizeof(base::Tuid) + rows.large_cells.size() * sizeof(LargeCell);
  for (const auto& times : rows.times) bytes += times.size() * sizeof(int64_t);
  for (const auto& component : rows.components) bytes += sizeof(component) + component.set.size() + component.non_empty.size();
  for (const auto& cell : rows.large_cells) bytes += cell.runs.size() * sizeof(FileRun);
  return bytes;
}

}  // namespace

std::optional<LargeCellView> RowsView::FindLargeCell(uint32_t component, uint32_t row) const {
  if (owned != nullptr) {
    const auto& cells = owned->large_cells;
    const auto found = std::lower_bound(cells.begin(), cells.end(), std::pair(component, row),
                                        [](const auto& cell, auto key) { return std::pair(cell.component, cell.row) < key; });
    if (found == cells.end() || found->component != component || found->row != row) return std::nullopt;
    return LargeCellView{found->decoded_offset, found->length, OnlyRun(found->runs)};
  }
  size_t low = large.begin;
  for (size_t high = large.end; low < high;) {
    const size_t middle = low + (high - low) / 2;
    if (std::pair(large.components[middle], large.rows[middle]) < std::pair(component, row)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == large.end || large.components[low] != component || large.rows[low] != row) return std::nullopt;
  LargeCellView cell{large.decoded_offsets[low], large.lengths[low], std::nullopt};
  const auto run = static_cast<size_t>(large.run_begins[low]);
  if (large.run_begins[low + 1] == large.run_begins[low] + 1) cell.run = FileRun{large.run_offsets[run], large.run_lengths[run]};
  return cell;
}

uint64_t RowsView::LargeCellBytes() const {
  uint64_t bytes = 0;
  if (owned != nullptr) {
    for (const LargeCell& cell : owned->large_cells) bytes += cell.length;
  } else {
    for (size_t i = large.begin; i < large.end; ++i) bytes += large.lengths[i];
  }
  return bytes;
}

RowsView ViewOf(std::shared_ptr<const ChunkRows> rows) {
  RowsView view;
  view.num_rows = rows->row_ids.size();
  view.wire_ready = rows->wire_ready;
  for (size_t i = 0; i < rows->timelines.size(); ++i) {
    view.timelines.push_back({rows->timelines[i].name, rows->timelines[i].kind, rows->times[i]});
  }
  for (const ComponentCells& cells : rows->components) view.components.push_back({cells.descriptor.component, cells.set});
  view.owned = rows.get();
  view.heap_bytes = HeapBytesOf(*rows);
  view.owner = std::move(rows);
  return view;
}

}  // namespace mutoscope::index
