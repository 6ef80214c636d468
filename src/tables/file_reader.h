// Reads one file of a table in batches of bounded size.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "tables/data_file.h"

namespace parquet::arrow {
class FileReader;
}

namespace mutoscope::tables {

// Not thread-safe.
class FileReader {
 public:
  // FAILED_PRECONDITION if a user's file has changed since it was registered, DATA_LOSS if one of ours has, or if the file is no
  // readable Parquet; NOT_FOUND if it is gone. All name the file.
  static arrow::Result<std::unique_ptr<FileReader>> Open(std::shared_ptr<const DataFile> file);
  ~FileReader();

  // The columns as Arrow reads them.
  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }
  int64_t rows() const;

  // Starts reading those columns (positions in schema(), ascending). With none of them the batches have rows and no columns.
  arrow::Status Start(const std::vector<int>& columns);
  // Null at the end.
  arrow::Result<std::shared_ptr<arrow::RecordBatch>> Next();

 private:
  explicit FileReader(std::shared_ptr<const DataFile> file);
  arrow::Status StartRowGroup(int row_group);
  arrow::Status Annotate(const arrow::Status& status) const;

  const std::shared_ptr<const DataFile> file_;
  std::unique_ptr<parquet::arrow::FileReader> reader_;
  std::shared_ptr<arrow::Schema> schema_, batch_schema_;
  std::vector<int> leaves_;
  int next_row_group_ = 0;
  std::shared_ptr<arrow::RecordBatchReader> batches_;
};

}  // namespace mutoscope::tables
