// Reads a table: some columns, the rows that pass a filter, at most so many.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arrow/compute/expression.h"
#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "tables/data_file.h"
#include "tables/file_reader.h"

namespace mutoscope::tables {

struct ScanOptions {
  std::optional<std::vector<std::string>> columns;   // in that order; absent = all
  std::optional<arrow::compute::Expression> filter;  // of any columns; rows for which it is null are dropped
  std::optional<int64_t> limit;                      // the first rows that pass
  int64_t batch_bytes_max = 8 << 20;                 // a batch of one row may be larger
};

// A stream of batches, in the order of the files and their rows. Not thread-safe. Memory is bounded by batches, not by the table.
class Scan {
 public:
  // INVALID_ARGUMENT for a column that is unknown or named twice, and for a filter that does not fit the columns or is no
  // boolean.
  static arrow::Result<std::unique_ptr<Scan>> Open(std::shared_ptr<const TableData> table, ScanOptions options = {});

  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }
  // Never empty batches; null at the end.
  arrow::Result<std::shared_ptr<arrow::RecordBatch>> Next();

 private:
  Scan(std::shared_ptr<const TableData> table, ScanOptions options);
  arrow::Status Prepare();
  arrow::Result<bool> ReadMore();
  arrow::Result<std::shared_ptr<arrow::RecordBatch>> Filtered(const std::shared_ptr<arrow::RecordBatch>& batch) const;
  arrow::Status AddPieces(const std::shared_ptr<arrow::RecordBatch>& batch);

  const std::shared_ptr<const TableData> table_;
  ScanOptions options_;
  std::shared_ptr<arrow::Schema> schema_;       // of the answer
  std::vector<int> read_;                       // columns of the table that are read, ascending
  std::shared_ptr<arrow::Schema> read_schema_;  // those
  std::vector<int> picked_;                     // columns of the answer in read_schema_
  int64_t rows_left_;
  size_t next_file_ = 0;
  std::unique_ptr<FileReader> reader_;
  arrow::RecordBatchVector ready_;  // reversed
};

// One file of a table in storage form, whole rows or some columns of it. For rewriting.
class StoredScan {
 public:
  // `schema`: of the table; `columns`: positions in it, ascending.
  static arrow::Result<std::unique_ptr<StoredScan>> Open(std::shared_ptr<const DataFile> file, const arrow::Schema& schema,
                                                         const std::vector<int>& columns);
  arrow::Result<std::shared_ptr<arrow::RecordBatch>> Next();  // null at the end

 private:
  std::unique_ptr<FileReader> reader_;
  std::shared_ptr<arrow::Schema> stored_schema_;
  bool ours_ = true;
};

}  // namespace mutoscope::tables
