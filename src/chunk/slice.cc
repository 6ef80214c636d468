#include <algorithm>
#include <cstring>
#include <numeric>

#include "arrow/array.h"
#include "arrow/array/concatenate.h"
#include "base/status.h"
#include "chunk/canonical.h"
#include "chunk/chunk.h"

namespace mutoscope::chunk {
namespace {

struct Run {
  int64_t begin = 0;
  int64_t length = 0;
};

// `rows` as runs of consecutive positions. Runs are sliced and concatenated instead of gathered row by row: a row may be a
// megabyte.
std::vector<Run> RunsOf(const std::vector<int64_t>& rows) {
  std::vector<Run> runs;
  for (const int64_t row : rows) {
    if (!runs.empty() && runs.back().begin + runs.back().length == row) {
      ++runs.back().length;
    } else {
      runs.push_back({row, 1});
    }
  }
  return runs;
}

arrow::Result<std::shared_ptr<arrow::Array>> Gather(const std::shared_ptr<arrow::Array>& array, const std::vector<Run>& runs) {
  if (runs.empty()) return array->Slice(0, 0);
  if (runs.size() == 1 && runs[0].length == array->length()) return array;
  if (runs.size() == 1) return array->Slice(runs[0].begin, runs[0].length);
  arrow::ArrayVector pieces;
  pieces.reserve(runs.size());
  for (const Run& run : runs) pieces.push_back(array->Slice(run.begin, run.length));
  return arrow::Concatenate(pieces);
}

// Columns at these positions of the batch, at these rows.
arrow::Result<std::shared_ptr<arrow::RecordBatch>> Select(const arrow::RecordBatch& batch, const std::vector<int>& columns,
                                                          const std::vector<int64_t>& rows) {
  const std::vector<Run> runs = RunsOf(rows);
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const int column : columns) {
    fields.push_back(batch.schema()->field(column));
    ARROW_ASSIGN_OR_RAISE(arrays.emplace_back(), Gather(batch.column(column), runs));
  }
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields), batch.schema()->metadata()), static_cast<int64_t>(rows.size()),
                                  std::move(arrays));
}

arrow::Status CheckRows(const Chunk& chunk, const std::vector<int64_t>& rows) {
  int64_t previous = -1;
  for (const int64_t row : rows) {
    if (row <= previous || row >= chunk.num_rows()) {
      return base::InvalidArgument("row {} after row {} of chunk {}: expected ascending positions below {}", row, previous,
                                   chunk.id.text(), chunk.num_rows());
    }
    previous = row;
  }
  return arrow::Status::OK();
}

// Another order of rows can make an index column sorted or unsorted.
std::shared_ptr<arrow::RecordBatch> WithFreshSortFlags(const Chunk& chunk, const arrow::RecordBatch& batch) {
  arrow::FieldVector fields = batch.schema()->fields();
  fields[0] = RowIdField(Metadata(fields[0]->metadata().get()), RowIdsSorted(*batch.column(0)));
  for (size_t i = 0; i < chunk.timelines.size(); ++i) {
    std::shared_ptr<arrow::Field>& field = fields[1 + i];
    field = IndexField(chunk.timelines[i], Metadata(field->metadata().get()), TimesSorted(*batch.column(chunk.time_column(i))));
  }
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields), batch.schema()->metadata()), batch.num_rows(),
                                  batch.columns());
}

}  // namespace

arrow::Result<Chunk> SortedByRowId(const Chunk& chunk) {
  if (RowIdsSorted(*chunk.batch->column(0))) return chunk;
  const auto& ids = static_cast<const arrow::FixedSizeBinaryArray&>(*chunk.batch->column(0));
  std::vector<int64_t> order(static_cast<size_t>(chunk.num_rows()));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t a, int64_t b) { return std::memcmp(ids.GetValue(a), ids.GetValue(b), kTuidBytes) < 0; });
  std::vector<int> columns(static_cast<size_t>(chunk.batch->num_columns()));
  std::iota(columns.begin(), columns.end(), 0);
  Chunk sorted = chunk;
  ARROW_ASSIGN_OR_RAISE(sorted.batch, Select(*chunk.batch, columns, order));
  sorted.batch = WithFreshSortFlags(sorted, *sorted.batch);
  return sorted;
}

arrow::Result<Chunk> Slice(const Chunk& chunk, const std::vector<int64_t>& rows, const std::vector<size_t>& components,
                           base::Tuid id) {
  ARROW_RETURN_NOT_OK(CheckRows(chunk, rows));
  Chunk slice{.id = id, .entity_path = chunk.entity_path, .batch = nullptr, .timelines = chunk.timelines, .components = {}};
  std::vector<int> columns(1 + chunk.timelines.size());
  std::iota(columns.begin(), columns.end(), 0);
  for (const size_t component : components) {
    if (component >= chunk.components.size()) {
      return base::InvalidArgument("component {} of chunk {}: it has {}", component, chunk.id.text(), chunk.components.size());
    }
    columns.push_back(chunk.component_column(component));
    slice.components.push_back(chunk.components[component]);
  }
  ARROW_ASSIGN_OR_RAISE(slice.batch, Select(*chunk.batch, columns, rows));
  Metadata metadata(slice.batch->schema()->metadata().get());
  metadata.Set(kIdKey, ChunkIdText(id));
  slice.batch = WithFreshSortFlags(slice, *slice.batch->ReplaceSchemaMetadata(std::move(metadata).Build()));
  return slice;
}

}  // namespace mutoscope::chunk
