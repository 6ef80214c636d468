#include "query/segment_scan.h"

#include <algorithm>

#include "base/status.h"

namespace mutoscope::query {
namespace {

bool AllSet(const SegmentChunk& chunk) {
  return std::ranges::all_of(chunk.columns,
                             [&](const auto& column) { return chunk.rows.components[column.component].all_set(); });
}

}  // namespace

arrow::Status SegmentScan::Open(const SegmentWindow& window) {
  segment_ = window.segment;
  ARROW_RETURN_NOT_OK(LoadChunks(window));
  FindStaticCells();
  if (!columns_.index) {
    if (!static_cells_.empty()) values_ = {0};
    return arrow::Status::OK();
  }
  ARROW_RETURN_NOT_OK(FindClears());
  DropStaticColumns();
  hits_.resize(chunks_.size());
  if (columns_.components.empty()) return arrow::Status::OK();  // rulings.md A11
  if (window.values) {
    values_ = *window.values;
  } else {
    CollectValues(window.range);
  }
  return arrow::Status::OK();
}

arrow::Status SegmentScan::LoadChunks(const SegmentWindow& window) {
  chunks_.reserve(window.chunks.size());
  for (const auto ref : window.chunks) {
    SegmentChunk chunk;
    chunk.info = snapshot_.index->Info(ref);
    ARROW_ASSIGN_OR_RAISE(chunk.rows, source_.Rows(ref, chunk.info));
    if (columns_.index && !chunk.info.is_static) {
      const auto* times = chunk.rows.FindTimeline(columns_.timeline().name);
      if (times == nullptr) continue;  // query.md §2.2
      chunk.times = times->times;
      chunk.times_sorted = std::ranges::is_sorted(chunk.times);
    }
    if (const auto ids = columns_.by_entity.find(std::string(chunk.info.entity)); ids != columns_.by_entity.end()) {
      for (const uint32_t id : ids->second) {
        if (const auto component = chunk.rows.FindComponent(columns_.components[id].component())) {
          chunk.columns.push_back({id, *component});
        }
      }
    }
    chunks_.push_back(std::move(chunk));
  }
  return arrow::Status::OK();
}

// The non-null static cell with the greatest row id (rulings.md A8).
void SegmentScan::FindStaticCells() {
  for (uint32_t i = 0; i < chunks_.size(); ++i) {
    if (!chunks_[i].info.is_static) continue;
    for (const auto& column : chunks_[i].columns) {
      const auto& cells = chunks_[i].rows.components[column.component];
      for (uint32_t row = 0; row < chunks_[i].rows.num_rows; ++row) {
        if (!cells.IsSet(row)) continue;
        const auto [current, is_new] = static_cells_.try_emplace(column.id, CellRef::Value(i, row));
        if (is_new) continue;
        const auto& winner = current->second;
        if (chunks_[i].rows.row_id(row) > chunks_[winner.chunk].rows.row_id(winner.row)) current->second = CellRef::Value(i, row);
      }
    }
  }
}

// Static data hides the temporal cells of its column in the segment, rows included (rulings.md A7).
void SegmentScan::DropStaticColumns() {
  if (static_cells_.empty()) return;
  for (auto& chunk : chunks_) {
    if (!chunk.info.is_static) std::erase_if(chunk.columns, [&](const auto& column) { return IsStatic(column.id); });
  }
}

// All columns of all layers of the segment, also those with null cells only (rulings.md A2).
const std::unordered_set<std::string>& SegmentScan::NamesInSegment() {
  if (names_in_segment_) return *names_in_segment_;
  names_in_segment_.emplace();
  for (const uint32_t position : snapshot_.segments[segment_].layers) {
    const auto& sha256 = snapshot_.layers[position]->schema_sha256;
    const auto schema = std::ranges::find_if(snapshot_.layer_schemas, [&](const auto& known) { return known.first == sha256; });
    if (schema == snapshot_.layer_schemas.end()) continue;
    for (const auto& field : schema->second->fields()) names_in_segment_->insert(field->name());
  }
  return *names_in_segment_;
}

arrow::Status SegmentScan::FindClears() {
  if (columns_.clears.empty()) return arrow::Status::OK();
  std::unordered_set<std::string_view> hidden;  // entities whose Clear is static here: it hides the others, and has no effect
  for (const auto& chunk : chunks_) {
    const auto component = chunk.info.is_static ? chunk.rows.FindComponent(chunk::kClearComponent) : std::nullopt;
    for (size_t row = 0; component && row < chunk.rows.num_rows; ++row) {
      if (chunk.rows.components[*component].IsSet(row)) hidden.insert(chunk.info.entity);
    }
  }
  for (uint32_t i = 0; i < chunks_.size(); ++i) {
    if (chunks_[i].info.is_static || hidden.contains(chunks_[i].info.entity)) continue;
    const auto targets = columns_.clears.find(std::string(chunks_[i].info.entity));
    if (targets != columns_.clears.end()) ARROW_RETURN_NOT_OK(AddClears(i, targets->second));
  }
  return arrow::Status::OK();
}

arrow::Status SegmentScan::AddClears(uint32_t chunk_position, const QueryColumns::ClearTargets& targets) {
  const SegmentChunk& chunk = chunks_[chunk_position];
  const auto component = chunk.rows.FindComponent(chunk::kClearComponent);
  if (!component) return arrow::Status::OK();
  const auto cells_in_segment = [&](const ColumnIds& ids) {
    ColumnIds kept;
    for (const uint32_t id : ids) {
      if (!IsStatic(id) && NamesInSegment().contains(columns_.components[id].field->name())) kept.push_back(id);
    }
    return kept;
  };
  const ColumnIds own = cells_in_segment(targets.own);
  const ColumnIds below = cells_in_segment(targets.below);
  if (own.empty() && below.empty()) return arrow::Status::OK();
  ARROW_ASSIGN_OR_RAISE(const auto cells, source_.Column(chunk.info, chunk.rows, chunk::kClearComponent,
                                                         static_cast<int64_t>(chunk.rows.num_rows)));
  const auto* lists = cells->type_id() == arrow::Type::LIST ? static_cast<const arrow::ListArray*>(cells.get()) : nullptr;
  if (lists == nullptr || lists->values()->type_id() != arrow::Type::BOOL) {
    return base::DataLoss("the Clear component of '{}' has the type {}, expected a list of booleans", chunk.info.entity,
                          cells->type()->ToString());
  }
  const auto& flags = static_cast<const arrow::BooleanArray&>(*lists->values());
  for (uint32_t row = 0; row < chunk.rows.num_rows; ++row) {
    if (lists->IsNull(row)) continue;
    // No flag is a flat Clear; of several the first counts (rulings.md A4).
    const int64_t first = lists->value_offset(row);
    const bool recursive = lists->value_length(row) > 0 && flags.IsValid(first) && flags.Value(first);
    ColumnIds emptied = own;
    if (recursive) emptied.insert(emptied.end(), below.begin(), below.end());
    if (!emptied.empty()) clears_.push_back({chunk_position, row, chunk.times[row], std::move(emptied)});
  }
  return arrow::Status::OK();
}

void SegmentScan::CollectValues(chunk::TimeRange range) {
  const auto in_range = [&](int64_t time) { return time >= range.min && time <= range.max; };
  for (const auto& chunk : chunks_) {
    if (chunk.info.is_static || chunk.columns.empty()) continue;
    size_t begin = 0;
    size_t end = chunk.times.size();
    if (chunk.times_sorted) std::tie(begin, end) = RowsIn(chunk.times, range);
    const bool every_row =
        std::ranges::any_of(chunk.columns, [&](const auto& column) { return chunk.rows.components[column.component].all_set(); });
    if (every_row && chunk.times_sorted) {
      values_.insert(values_.end(), chunk.times.begin() + static_cast<ptrdiff_t>(begin),
                     chunk.times.begin() + static_cast<ptrdiff_t>(end));
      continue;
    }
    for (size_t row = begin; row < end; ++row) {
      if (!in_range(chunk.times[row])) continue;
      const bool is_set = every_row || std::ranges::any_of(chunk.columns, [&](const auto& column) {
                            return chunk.rows.components[column.component].IsSet(row);
                          });
      if (is_set) values_.push_back(chunk.times[row]);
    }
  }
  for (const auto& clear : clears_) {
    if (in_range(clear.time)) values_.push_back(clear.time);
  }
  if (!std::ranges::is_sorted(values_)) std::ranges::sort(values_);
  values_.erase(std::unique(values_.begin(), values_.end()), values_.end());
}

void SegmentScan::Keep(const std::vector<uint32_t>& positions) {
  if (positions.size() == values_.size()) return;
  for (size_t i = 0; i < positions.size(); ++i) values_[i] = values_[positions[i]];
  values_.resize(positions.size());
  std::ranges::fill(hits_, std::nullopt);
}

const Hits& SegmentScan::HitsOf(uint32_t chunk) {
  auto& hits = hits_[chunk];
  if (!hits) hits = FindHits(chunks_[chunk], values_, options_.fill, AllSet(chunks_[chunk]));
  return *hits;
}

const CellRefs& SegmentScan::Cells(uint32_t column) {
  const auto [entry, is_new] = cells_.try_emplace(column);
  CellRefs& cells = entry->second;
  if (!is_new) return cells;
  if (const auto fixed = static_cells_.find(column); fixed != static_cells_.end()) {
    cells.assign(values_.size(), fixed->second);
    return cells;
  }
  cells.resize(values_.size());
  const CellOrder order(chunks_);
  for (uint32_t i = 0; i < chunks_.size(); ++i) {
    if (chunks_[i].info.is_static) continue;
    const auto own = std::ranges::find(chunks_[i].columns, column, &SegmentChunk::Column::id);
    if (own == chunks_[i].columns.end()) continue;
    const auto& is_set = chunks_[i].rows.components[own->component];
    HitsOf(i).ForEach([&](uint32_t row, uint32_t position) {
      if (!is_set.IsSet(row)) return;
      const CellRef candidate = CellRef::Value(i, row);
      CellRef& current = cells[position];
      if (current.is_null() || order.Replaces(candidate, current)) current = candidate;
    });
  }
  for (const auto& clear : clears_) {
    if (std::ranges::find(clear.columns, column) == clear.columns.end()) continue;
    const auto at = std::ranges::lower_bound(values_, clear.time);
    if (at == values_.end() || (!options_.fill && *at != clear.time)) continue;
    const CellRef candidate = CellRef::Cleared(clear.chunk, clear.row);
    CellRef& current = cells[static_cast<size_t>(at - values_.begin())];
    if (order.Replaces(candidate, current)) current = candidate;
  }
  if (options_.fill) FillForward(&cells);
  return cells;
}

std::vector<std::optional<int64_t>> SegmentScan::OtherIndex(size_t index) {
  std::vector<std::optional<int64_t>> out(values_.size());
  if (!columns_.index) return out;
  std::vector<const index::TimesView*> times;
  for (const auto& chunk : chunks_) {
    times.push_back(chunk.info.is_static ? nullptr : chunk.rows.FindTimeline(columns_.indexes[index].name));
  }
  for (uint32_t column = 0; column < columns_.components.size(); ++column) {
    if (IsStatic(column)) continue;
    const CellRefs& cells = Cells(column);
    for (size_t row = 0; row < cells.size(); ++row) {
      if (cells[row].is_null() || times[cells[row].chunk] == nullptr) continue;
      const int64_t value = times[cells[row].chunk]->times[cells[row].row];
      if (!out[row] || value > *out[row]) out[row] = value;
    }
  }
  return out;
}

}  // namespace mutoscope::query
