// Arrow columns of the tables we answer with (redap.md §3).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "arrow/array.h"
#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "arrow/type.h"
#include "base/tuid.h"

namespace mutoscope::redap {

using Metadata = std::vector<std::pair<std::string, std::string>>;

std::shared_ptr<arrow::Field> MakeField(std::string name, std::shared_ptr<arrow::DataType> type, bool nullable,
                                        const Metadata& metadata = {});

arrow::Result<std::shared_ptr<arrow::Array>> TextColumn(const std::vector<std::string>& values);
arrow::Result<std::shared_ptr<arrow::Array>> BinaryColumn(const std::vector<std::string>& values);
arrow::Result<std::shared_ptr<arrow::Array>> OptionalTextColumn(const std::vector<std::optional<std::string>>& values);
arrow::Result<std::shared_ptr<arrow::Array>> TextListColumn(const std::vector<std::vector<std::string>>& values);
arrow::Result<std::shared_ptr<arrow::Array>> IdColumn(const std::vector<base::Tuid>& values);
arrow::Result<std::shared_ptr<arrow::Array>> BoolColumn(const std::vector<bool>& values);
arrow::Result<std::shared_ptr<arrow::Array>> UInt64Column(const std::vector<uint64_t>& values);
// int64, timestamp[ns] or duration[ns] from raw values.
arrow::Result<std::shared_ptr<arrow::Array>> TimeColumn(const std::shared_ptr<arrow::DataType>& type,
                                                        const std::vector<std::optional<int64_t>>& values);
arrow::Result<std::shared_ptr<arrow::Array>> NullColumn(const std::shared_ptr<arrow::DataType>& type, int64_t rows);

// Fields and columns side by side.
struct Table {
  std::vector<std::shared_ptr<arrow::Field>> fields;
  std::vector<std::shared_ptr<arrow::Array>> columns;

  arrow::Status Add(std::shared_ptr<arrow::Field> field, arrow::Result<std::shared_ptr<arrow::Array>> column);
  std::shared_ptr<arrow::RecordBatch> ToBatch(int64_t rows) const;
};

// The named columns in that order; all of them if none is named. INVALID_ARGUMENT for a name that is unknown or repeated.
arrow::Result<std::vector<int>> PickColumns(const arrow::Schema& schema, const std::vector<std::string>& names);

}  // namespace mutoscope::redap
