#include "tables/scan.h"

#include <algorithm>
#include <limits>

#include "arrow/compute/api_vector.h"
#include "arrow/compute/exec.h"
#include "arrow/compute/initialize.h"
#include "arrow/scalar.h"
#include "arrow/util/byte_size.h"
#include "base/status.h"
#include "tables/storage_form.h"

namespace mutoscope::tables {
namespace {

namespace compute = arrow::compute;

std::shared_ptr<arrow::Schema> Pick(const arrow::Schema& schema, const std::vector<int>& columns) {
  arrow::FieldVector fields;
  for (const int column : columns) fields.push_back(schema.field(column));
  return arrow::schema(std::move(fields), schema.metadata());
}

arrow::Result<std::vector<int>> Positions(const arrow::Schema& schema, const std::vector<std::string>& names) {
  std::vector<int> positions;
  for (const auto& name : names) {
    const int position = schema.GetFieldIndex(name);
    if (position < 0) return base::InvalidArgument("the table has no column '{}'", name);
    if (std::ranges::find(positions, position) != positions.end())
      return base::InvalidArgument("column '{}' is named twice", name);
    positions.push_back(position);
  }
  return positions;
}

}  // namespace

Scan::Scan(std::shared_ptr<const TableData> table, ScanOptions options)
    : table_(std::move(table)),
      options_(std::move(options)),
      rows_left_(options_.limit.value_or(std::numeric_limits<int64_t>::max())) {}

arrow::Result<std::unique_ptr<Scan>> Scan::Open(std::shared_ptr<const TableData> table, ScanOptions options) {
  if (options.limit && *options.limit < 0) return base::InvalidArgument("the limit {} is negative", *options.limit);
  auto scan = std::unique_ptr<Scan>(new Scan(std::move(table), std::move(options)));
  ARROW_RETURN_NOT_OK(scan->Prepare());
  return scan;
}

arrow::Status Scan::Prepare() {
  ARROW_RETURN_NOT_OK(compute::Initialize());  // does nothing the second time
  const arrow::Schema& all = *table_->schema;
  std::vector<int> wanted;
  if (options_.columns) {
    ARROW_ASSIGN_OR_RAISE(wanted, Positions(all, *options_.columns));
  } else {
    for (int i = 0; i < all.num_fields(); ++i) wanted.push_back(i);
  }
  schema_ = Pick(all, wanted);
  read_ = wanted;
  if (options_.filter) {
    for (const arrow::FieldRef& reference : compute::FieldsInExpression(*options_.filter)) {
      auto path = reference.FindOne(all);
      if (!path.ok())
        return base::InvalidArgument("the filter names a column that the table does not have: {}", reference.ToString());
      read_.push_back(path->indices().front());
    }
  }
  std::ranges::sort(read_);
  read_.erase(std::unique(read_.begin(), read_.end()), read_.end());
  for (const int column : wanted) picked_.push_back(static_cast<int>(std::ranges::find(read_, column) - read_.begin()));
  read_schema_ = Pick(all, read_);
  if (!options_.filter) return arrow::Status::OK();
  auto bound = options_.filter->Bind(*read_schema_);
  if (!bound.ok()) return base::InvalidArgument("the filter does not fit the table: {}", bound.status().message());
  if (bound->type()->id() != arrow::Type::BOOL) {
    return base::InvalidArgument("the filter is no condition: it gives {}", bound->type()->ToString());
  }
  options_.filter = bound.MoveValueUnsafe();
  return arrow::Status::OK();
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> Scan::Filtered(const std::shared_ptr<arrow::RecordBatch>& batch) const {
  if (!options_.filter) return batch;
  ARROW_ASSIGN_OR_RAISE(const auto mask, compute::ExecuteScalarExpression(*options_.filter, compute::ExecBatch(*batch)));
  if (mask.is_scalar()) {
    const auto& value = mask.scalar_as<arrow::BooleanScalar>();
    return value.is_valid && value.value ? batch : batch->Slice(0, 0);
  }
  ARROW_ASSIGN_OR_RAISE(const auto kept, compute::Filter(batch, mask));
  return kept.record_batch();
}

arrow::Status Scan::AddPieces(const std::shared_ptr<arrow::RecordBatch>& batch) {
  const int64_t rows = std::min(batch->num_rows(), rows_left_);
  if (rows == 0) return arrow::Status::OK();
  rows_left_ -= rows;
  ARROW_ASSIGN_OR_RAISE(const auto picked, batch->Slice(0, rows)->SelectColumns(picked_));
  const auto answer = arrow::RecordBatch::Make(schema_, rows, picked->columns());
  ARROW_ASSIGN_OR_RAISE(const int64_t bytes, arrow::util::ReferencedBufferSize(*answer));
  const int64_t pieces = std::clamp<int64_t>(bytes / std::max<int64_t>(options_.batch_bytes_max, 1) + 1, 1, rows);
  const int64_t rows_per_piece = (rows + pieces - 1) / pieces;
  for (int64_t row = 0; row < rows; row += rows_per_piece) ready_.push_back(answer->Slice(row, rows_per_piece));
  return arrow::Status::OK();
}

// Reads one batch of a file; false at the end.
arrow::Result<bool> Scan::ReadMore() {
  if (reader_ == nullptr) {
    if (next_file_ == table_->files.size()) return false;
    ARROW_ASSIGN_OR_RAISE(reader_, FileReader::Open(table_->files[next_file_++]));
    ARROW_RETURN_NOT_OK(reader_->Start(read_));
  }
  ARROW_ASSIGN_OR_RAISE(const auto stored, reader_->Next());
  if (stored == nullptr) {
    reader_.reset();
    return true;
  }
  ARROW_ASSIGN_OR_RAISE(const auto batches, FromStorage(stored, read_schema_));
  for (const auto& batch : batches) {
    ARROW_ASSIGN_OR_RAISE(const auto kept, Filtered(batch));
    ARROW_RETURN_NOT_OK(AddPieces(kept));
  }
  std::ranges::reverse(ready_);
  return true;
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> Scan::Next() {
  while (ready_.empty()) {
    if (rows_left_ == 0) return nullptr;
    ARROW_ASSIGN_OR_RAISE(const bool more, ReadMore());
    if (!more) return nullptr;
  }
  auto batch = std::move(ready_.back());
  ready_.pop_back();
  return batch;
}

arrow::Result<std::unique_ptr<StoredScan>> StoredScan::Open(std::shared_ptr<const DataFile> file, const arrow::Schema& schema,
                                                            const std::vector<int>& columns) {
  ARROW_RETURN_NOT_OK(compute::Initialize());
  auto scan = std::make_unique<StoredScan>();
  scan->ours_ = file->info.ours;
  ARROW_ASSIGN_OR_RAISE(scan->stored_schema_, StorageSchema(*Pick(schema, columns)));
  ARROW_ASSIGN_OR_RAISE(scan->reader_, FileReader::Open(std::move(file)));
  ARROW_RETURN_NOT_OK(scan->reader_->Start(columns));
  return scan;
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> StoredScan::Next() {
  ARROW_ASSIGN_OR_RAISE(auto batch, reader_->Next());
  if (batch == nullptr) return batch;
  if (!ours_) {
    ARROW_ASSIGN_OR_RAISE(batch, ToStorage(*batch));
  }
  arrow::ArrayVector columns;
  for (int i = 0; i < batch->num_columns(); ++i) {
    // Parquet may give the same values under a type that differs in names and units.
    ARROW_ASSIGN_OR_RAISE(columns.emplace_back(), FromStorage(batch->column(i), stored_schema_->field(i)->type()));
  }
  return arrow::RecordBatch::Make(stored_schema_, batch->num_rows(), std::move(columns));
}

}  // namespace mutoscope::tables
