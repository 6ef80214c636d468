// Writes one file of a table (docs/formats/tables.md).
#pragma once

#include <memory>
#include <string>

#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "storage/durable_stream.h"
#include "tables/data_file.h"

namespace parquet::arrow {
class FileWriter;
}

namespace mutoscope::tables {

// Not thread-safe. Holds at most about kRowGroupBytes besides the batch in hand.
class FileWriter {
 public:
  static constexpr int64_t kRowGroupBytes = 32 << 20;

  // A new file for rows of that schema. The directory is made if it is missing.
  static arrow::Result<std::unique_ptr<FileWriter>> Create(const std::string& path, const std::shared_ptr<arrow::Schema>& schema);
  // Removes the file unless it was finished.
  ~FileWriter();

  arrow::Status Write(const arrow::RecordBatch& batch);  // of the schema
  // The same for rows that are in storage form already.
  arrow::Status WriteStored(const std::shared_ptr<arrow::RecordBatch>& batch);
  // RESOURCE_EXHAUSTED naming the file if the disk is full. After OK it survives a power cut.
  arrow::Result<DataFile::Info> Finish();

  int64_t rows() const { return rows_; }

 private:
  FileWriter(std::string path, std::shared_ptr<arrow::Schema> stored_schema, std::shared_ptr<storage::DurableStream> stream);
  arrow::Status Flush();

  const std::string path_;
  const std::shared_ptr<arrow::Schema> stored_schema_;
  std::shared_ptr<storage::DurableStream> stream_;
  std::unique_ptr<parquet::arrow::FileWriter> writer_;
  arrow::RecordBatchVector pending_;
  int64_t pending_rows_ = 0, pending_bytes_ = 0;
  int64_t rows_ = 0;
};

}  // namespace mutoscope::tables
