// Record batches to a file or to standard output, in the formats of `mutoscope query`.
#pragma once

#include <memory>
#include <string>

#include "arrow/record_batch.h"
#include "arrow/result.h"

namespace mutoscope::cli {

class RowWriter {
 public:
  // `format`: table, csv, json, parquet or arrow. `path`: empty for standard output; else the file appears when all rows are
  // written. INVALID_ARGUMENT for parquet without a path.
  static arrow::Result<std::unique_ptr<RowWriter>> Make(const std::string& format, const std::string& path,
                                                        const std::shared_ptr<arrow::Schema>& schema);
  virtual ~RowWriter() = default;
  virtual arrow::Status Write(const arrow::RecordBatch& batch) = 0;
  virtual arrow::Status Finish() = 0;
};

}  // namespace mutoscope::cli
