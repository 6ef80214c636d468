#include "index/rows_view.h"

#include <algorithm>
#include <utility>

#include "base/status.h"

namespace mutoscope::index {
namespace {

size_t HeapBytesOf(const ChunkRows& rows) {
  size_t bytes = sizeof(ChunkRows) + rows.row_ids.size() * sizeof(base::Tuid) + rows.large_cells.size() * sizeof(LargeCell);
  for (const auto& times : rows.times) bytes += times.size() * sizeof(int64_t);
  for (const auto& component : rows.components) bytes += sizeof(component) + component.set.size() + component.non_empty.size();
  for (const auto& cell : rows.large_cells) bytes += cell.runs.size() * sizeof(CellRun);
  return bytes + rows.patches.size() + (rows.small_columns == nullptr ? 0 : static_cast<size_t>(rows.small_columns->size()));
}

}  // namespace

std::optional<LargeCellView> RowsView::FindLargeCell(uint32_t component, uint32_t row) const {
  if (owned != nullptr) {
    const auto& cells = owned->large_cells;
    const auto found = std::lower_bound(cells.begin(), cells.end(), std::pair(component, row),
                                        [](const auto& cell, auto key) { return std::pair(cell.component, cell.row) < key; });
    if (found == cells.end() || found->component != component || found->row != row) return std::nullopt;
    return LargeCellView{found->decoded_offset, found->length, found->runs.size(), found->runs.data(), nullptr, nullptr};
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
  const auto first = static_cast<size_t>(large.run_begins[low]);
  const auto last = static_cast<size_t>(large.run_begins[low + 1]);
  return LargeCellView{large.decoded_offsets[low], large.lengths[low],       last - first, nullptr,
                       large.run_offsets + first,  large.run_lengths + first};
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

arrow::Status AddLargeCell(const LargeCellView& cell, std::span<const uint8_t> patches, std::span<uint8_t> out,
                           storage::ScatteredRead* read) {
  size_t done = 0;
  for (size_t i = 0; i < cell.num_runs; ++i) {
    const CellRun run = cell.run(i);
    if (run.length > out.size() - done) return base::DataLoss("the runs of a cell are longer than its {} bytes", out.size());
    const auto place = out.subspan(done, run.length);
    if (!run.is_patch()) {
      ARROW_RETURN_NOT_OK(read->Add(run.offset, place));
    } else if (run.patch_offset() <= patches.size() && run.length <= patches.size() - run.patch_offset()) {
      std::ranges::copy(patches.subspan(run.patch_offset(), run.length), place.begin());
    } else {
      return base::DataLoss("a cell's patch lies outside of the {} bytes there are", patches.size());
    }
    done += run.length;
  }
  if (done != out.size()) return base::DataLoss("the runs of a cell hold {} of its {} bytes", done, out.size());
  return arrow::Status::OK();
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
  view.patches = rows->patches;
  if (rows->small_columns != nullptr)
    view.small_columns = {rows->small_columns->data(), static_cast<size_t>(rows->small_columns->size())};
  view.heap_bytes = HeapBytesOf(*rows);
  view.owner = std::move(rows);
  return view;
}

}  // namespace mutoscope::index
