#include "query/window_batches.h"

#include <algorithm>
#include <numeric>

#include "arrow/builder.h"
#include "arrow/compute/exec.h"
#include "arrow/table.h"
#include "base/status.h"
#include "query/cell_reader.h"

namespace mutoscope::query {
namespace {

namespace compute = arrow::compute;

constexpr int64_t kSmallBatchRows = 1024;         // smaller ones are put together
constexpr uint64_t kGatheredBytesMax = 1 << 20;   // of what is put together
constexpr uint64_t kConditionBytesMax = 8 << 20;  // of payload held at once while a condition is evaluated

using Positions = std::vector<uint32_t>;  // of rows of a window

std::shared_ptr<arrow::Array> TimesArray(std::vector<int64_t> values, chunk::TimelineKind kind) {
  const auto length = static_cast<int64_t>(values.size());
  return arrow::MakeArray(
      arrow::ArrayData::Make(chunk::ArrowTypeOf(kind), length, {nullptr, arrow::Buffer::FromVector(std::move(values))}, 0));
}

arrow::Result<std::shared_ptr<arrow::Array>> TimesArray(const std::vector<std::optional<int64_t>>& values, const Positions& rows,
                                                        chunk::TimelineKind kind) {
  arrow::Int64Builder builder;
  ARROW_RETURN_NOT_OK(builder.Reserve(static_cast<int64_t>(rows.size())));
  for (const uint32_t row : rows) {
    if (values[row]) {
      builder.UnsafeAppend(*values[row]);
    } else {
      builder.UnsafeAppendNull();
    }
  }
  ARROW_ASSIGN_OR_RAISE(const auto raw, builder.Finish());
  return raw->View(chunk::ArrowTypeOf(kind));
}

arrow::Result<std::shared_ptr<arrow::Array>> RepeatedText(const std::string& text, int64_t rows) {
  return arrow::MakeArrayFromScalar(arrow::StringScalar(text), rows);
}

}  // namespace

arrow::Result<std::vector<bool>> Evaluate(const Condition& condition, std::vector<arrow::Datum> operands, int64_t rows) {
  auto result = compute::ExecuteScalarExpression(condition.expression, compute::ExecBatch(std::move(operands), rows));
  if (!result.ok()) return base::InvalidArgument("the filter cannot be evaluated: {}", result.status().message());
  std::vector<bool> passes(static_cast<size_t>(rows), false);
  if (result->type()->id() == arrow::Type::NA) return passes;
  if (result->is_scalar()) {
    const auto& scalar = static_cast<const arrow::BooleanScalar&>(*result->scalar());
    if (scalar.is_valid && scalar.value) passes.assign(passes.size(), true);
    return passes;
  }
  const auto array = result->make_array();
  const auto& flags = static_cast<const arrow::BooleanArray&>(*array);
  for (int64_t row = 0; row < rows; ++row) passes[static_cast<size_t>(row)] = flags.IsValid(row) && flags.Value(row);
  return passes;
}

// One window: its rows, and those of them that are left to emit.
class UnitBatches::Window {
 public:
  Window(const Plan& plan, const SegmentWindow& window, ChunkSource& source, const BatchLimits& limits)
      : plan_(plan),
        window_(window),
        source_(source),
        limits_(limits),
        counters_(source.counters()),
        scan_(*plan.snapshot, *plan.columns, {plan.fill}, source) {}

  arrow::Status Open() {
    {
      Stopwatch watch(counters_.index_ns);
      ARROW_RETURN_NOT_OK(scan_.Open(window_));
      counters_.rows_considered += static_cast<int64_t>(scan_.values().size());
      KeepInIntervals();
    }
    rows_.resize(scan_.values().size());
    std::iota(rows_.begin(), rows_.end(), 0u);
    Stopwatch watch(counters_.filter_ns);
    for (const auto& condition : plan_.predicate.conditions) {
      if (rows_.empty()) break;
      if (condition.stage != Stage::kSegment) ARROW_RETURN_NOT_OK(Apply(condition));
    }
    return arrow::Status::OK();
  }

  arrow::Result<std::shared_ptr<arrow::RecordBatch>> Next(uint64_t* bytes) {
    if (next_ == rows_.size()) return nullptr;
    const size_t end = BatchEnd(bytes);
    const Positions rows(rows_.begin() + static_cast<ptrdiff_t>(next_), rows_.begin() + static_cast<ptrdiff_t>(end));
    next_ = end;
    arrow::ArrayVector arrays;
    for (const auto& column : plan_.projection) {
      ARROW_ASSIGN_OR_RAISE(auto datum, Values({column.kind, column.id}, rows));
      if (datum.is_scalar()) {
        ARROW_ASSIGN_OR_RAISE(arrays.emplace_back(), RepeatedText(scan_.segment_id(), static_cast<int64_t>(rows.size())));
      } else {
        arrays.push_back(datum.make_array());
      }
    }
    return arrow::RecordBatch::Make(plan_.schema, static_cast<int64_t>(rows.size()), std::move(arrays));
  }

 private:
  void KeepInIntervals() {
    if (!plan_.check_index) return;
    Positions kept;
    for (uint32_t i = 0; i < scan_.values().size(); ++i) {
      if (plan_.predicate.index.Contains(scan_.values()[i])) kept.push_back(i);
    }
    scan_.Keep(kept);
  }

  // Conditions on the index alone shrink the scan itself, so that cells are looked for in fewer rows.
  arrow::Status Apply(const Condition& condition) {
    Positions kept;
    for (size_t begin = 0; begin < rows_.size();) {
      const size_t end = ConditionEnd(condition, begin);
      const Positions rows(rows_.begin() + static_cast<ptrdiff_t>(begin), rows_.begin() + static_cast<ptrdiff_t>(end));
      std::vector<arrow::Datum> operands;
      for (const auto& operand : condition.operands) {
        ARROW_ASSIGN_OR_RAISE(operands.emplace_back(), Values(operand, rows));
      }
      ARROW_ASSIGN_OR_RAISE(const auto passes, Evaluate(condition, std::move(operands), static_cast<int64_t>(rows.size())));
      for (size_t i = 0; i < rows.size(); ++i) {
        if (passes[i]) kept.push_back(rows[i]);
      }
      begin = end;
    }
    rows_ = std::move(kept);
    if (condition.stage == Stage::kIndex) {
      scan_.Keep(rows_);
      std::iota(rows_.begin(), rows_.end(), 0u);
    }
    return arrow::Status::OK();
  }

  // Row numbers from `begin` on whose operands fit into memory together.
  size_t ConditionEnd(const Condition& condition, size_t begin) {
    if (condition.stage < Stage::kSmallColumns) return rows_.size();
    std::vector<uint32_t> columns;
    for (const auto& operand : condition.operands) {
      if (operand.kind == Operand::Kind::kComponent) columns.push_back(operand.id);
    }
    uint64_t bytes = 0;
    return EndOfBytes(columns, begin, rows_.size(), kConditionBytesMax, &bytes);
  }

  // Of a cell of the column, about.
  uint64_t BytesOf(uint32_t column, const CellRef& cell) {
    if (cell.is_null() || cell.is_cleared) return 0;
    if (plan_.columns->components[column].is_blob) {
      const auto& chunk = scan_.chunks()[cell.chunk];
      return CellBytes(chunk, chunk.rows.FindComponent(plan_.columns->components[column].component()).value_or(0), cell.row);
    }
    if (cell.chunk != last_chunk_) {  // the same for all small cells of a chunk
      last_chunk_ = cell.chunk;
      const auto& chunk = scan_.chunks()[cell.chunk];
      last_bytes_ = CellBytes(chunk, UINT32_MAX, cell.row);
    }
    return last_bytes_;
  }

  size_t BatchEnd(uint64_t* bytes) {
    *bytes = 0;
    const size_t last = std::min(rows_.size(), next_ + static_cast<size_t>(limits_.rows_max));
    std::vector<uint32_t> components;
    for (const auto& column : plan_.projection) {
      if (column.kind == Operand::Kind::kComponent) components.push_back(column.id);
    }
    const size_t end = EndOfBytes(components, next_, last, limits_.bytes_max, bytes);
    *bytes += 8 * plan_.projection.size() * (end - next_);
    return end;
  }

  // The rows from `begin` on (at least one, not beyond `last`) whose cells have about `bytes_max` bytes.
  size_t EndOfBytes(const std::vector<uint32_t>& columns, size_t begin, size_t last, uint64_t bytes_max, uint64_t* bytes) {
    if (columns.empty()) return last;
    std::vector<const CellRefs*> cells;
    for (const uint32_t column : columns) cells.push_back(&scan_.Cells(column));
    size_t end = begin;
    while (end < last && (end == begin || *bytes < bytes_max)) {
      for (size_t i = 0; i < columns.size(); ++i) *bytes += BytesOf(columns[i], (*cells[i])[rows_[end]]);
      ++end;
    }
    return end;
  }

  arrow::Result<arrow::Datum> Values(const Operand& operand, const Positions& rows) {
    switch (operand.kind) {
      case Operand::Kind::kSegmentId:
        return arrow::Datum(std::make_shared<arrow::StringScalar>(scan_.segment_id()));
      case Operand::Kind::kIndex: {
        const auto kind = plan_.columns->indexes[operand.id].kind;
        if (plan_.columns->index == operand.id) {
          std::vector<int64_t> values;
          values.reserve(rows.size());
          for (const uint32_t row : rows) values.push_back(scan_.values()[row]);
          return arrow::Datum(TimesArray(std::move(values), kind));
        }
        Stopwatch watch(counters_.index_ns);
        auto& values = other_indexes_[operand.id];
        if (values.size() != scan_.values().size()) values = scan_.OtherIndex(operand.id);
        ARROW_ASSIGN_OR_RAISE(auto array, TimesArray(values, rows, kind));
        return arrow::Datum(std::move(array));
      }
      case Operand::Kind::kPresence: {
        const CellRefs& cells = scan_.Cells(operand.id);
        arrow::BooleanBuilder builder;
        ARROW_RETURN_NOT_OK(builder.Reserve(static_cast<int64_t>(rows.size())));
        for (const uint32_t row : rows) builder.UnsafeAppend(!cells[row].is_null());
        ARROW_ASSIGN_OR_RAISE(auto array, builder.Finish());
        return arrow::Datum(std::move(array));
      }
      case Operand::Kind::kComponent:
        break;
    }
    Stopwatch watch(counters_.payload_ns);
    const CellRefs& all = scan_.Cells(operand.id);
    CellRefs cells;
    cells.reserve(rows.size());
    for (const uint32_t row : rows) cells.push_back(all[row]);
    ARROW_ASSIGN_OR_RAISE(auto array, ReadCells(plan_.columns->components[operand.id], scan_.chunks(), cells,
                                                RowsNeeded(operand.id, all), source_));
    return arrow::Datum(std::move(array));
  }

  // Of each chunk, for all rows that are left now.
  std::span<const uint32_t> RowsNeeded(uint32_t column, const CellRefs& cells) {
    if (!plan_.columns->components[column].is_blob) return {};  // small columns are decoded whole
    const auto [entry, is_new] = rows_needed_.try_emplace(column, scan_.chunks().size(), 0u);
    for (size_t i = 0; is_new && i < rows_.size(); ++i) {
      const CellRef& cell = cells[rows_[i]];
      if (!cell.is_null() && !cell.is_cleared) entry->second[cell.chunk] = std::max(entry->second[cell.chunk], cell.row + 1);
    }
    return entry->second;
  }

  const Plan& plan_;
  const SegmentWindow& window_;
  ChunkSource& source_;
  const BatchLimits& limits_;
  Counters& counters_;
  SegmentScan scan_;
  Positions rows_;
  size_t next_ = 0;
  std::unordered_map<uint32_t, std::vector<std::optional<int64_t>>> other_indexes_;
  std::unordered_map<uint32_t, std::vector<uint32_t>> rows_needed_;
  uint32_t last_chunk_ = UINT32_MAX;
  uint64_t last_bytes_ = 0;
};

UnitBatches::UnitBatches(const Plan& plan, size_t unit, const catalog::Catalog& catalog, ChunkCache& cache,
                         const BatchLimits& limits, Counters& counters)
    : plan_(plan),
      limits_(limits),
      counters_(counters),
      source_(catalog, *plan.snapshot, cache, counters),
      next_window_(plan.unit_begins[unit]),
      end_window_(unit + 1 < plan.unit_begins.size() ? plan.unit_begins[unit + 1] : plan.windows.size()) {}
UnitBatches::~UnitBatches() = default;

arrow::Result<std::shared_ptr<arrow::RecordBatch>> UnitBatches::NextOfWindow(uint64_t* bytes) {
  for (;;) {
    if (window_ != nullptr) {
      ARROW_ASSIGN_OR_RAISE(auto batch, window_->Next(bytes));
      if (batch != nullptr) return batch;
      window_.reset();
    }
    if (next_window_ == end_window_) return nullptr;
    const SegmentWindow& window = plan_.windows[next_window_++];
    const bool same_segment = next_window_ > 1 && plan_.windows[next_window_ - 2].segment == window.segment;
    counters_.segments += same_segment ? 0 : 1;
    window_ = std::make_unique<Window>(plan_, window, source_, limits_);
    ARROW_RETURN_NOT_OK(window_->Open());
  }
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> UnitBatches::Next(uint64_t* bytes) {
  arrow::RecordBatchVector gathered;
  int64_t rows = 0;
  *bytes = 0;
  while (rows < kSmallBatchRows && *bytes < kGatheredBytesMax) {
    uint64_t own = 0;
    ARROW_ASSIGN_OR_RAISE(auto batch, NextOfWindow(&own));
    if (batch == nullptr) break;
    rows += batch->num_rows();
    *bytes += own;
    gathered.push_back(std::move(batch));
  }
  if (gathered.empty()) return nullptr;
  if (gathered.size() == 1) return gathered.front();
  if (plan_.schema->num_fields() == 0) return arrow::RecordBatch::Make(plan_.schema, rows, arrow::ArrayVector());
  return arrow::ConcatenateRecordBatches(gathered);
}

}  // namespace mutoscope::query
