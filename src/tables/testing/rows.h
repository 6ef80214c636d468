// Rows and tables for tests.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "arrow/json/from_string.h"
#include "arrow/record_batch.h"
#include "arrow/table.h"
#include "arrow/util/key_value_metadata.h"
#include "base/tuid.h"
#include "storage/testing/temp_dir.h"
#include "tables/file_writer.h"
#include "tables/scan.h"

namespace mutoscope::tables::testing {

inline std::shared_ptr<arrow::Field> KeyField(const std::string& name, std::shared_ptr<arrow::DataType> type) {
  return arrow::field(name, std::move(type), true, arrow::key_value_metadata({"rerun:is_table_index"}, {"true"}));
}

// One JSON array a column.
inline std::shared_ptr<arrow::RecordBatch> Rows(const std::shared_ptr<arrow::Schema>& schema,
                                                const std::vector<std::string>& columns) {
  arrow::ArrayVector arrays;
  for (int i = 0; i < schema->num_fields(); ++i) {
    arrays.push_back(arrow::json::ArrayFromJSONString(schema->field(i)->type(), columns.at(static_cast<size_t>(i))).ValueOrDie());
  }
  return arrow::RecordBatch::Make(schema, arrays.at(0)->length(), arrays);
}

inline std::shared_ptr<arrow::RecordBatch> ReadAll(const TableData& table, ScanOptions options = {}) {
  auto scan = Scan::Open(std::make_shared<TableData>(table), std::move(options)).ValueOrDie();
  arrow::RecordBatchVector batches;
  while (auto batch = scan->Next().ValueOrDie()) batches.push_back(batch);
  if (batches.empty()) return arrow::RecordBatch::MakeEmpty(scan->schema()).ValueOrDie();
  return arrow::ConcatenateRecordBatches(batches).ValueOrDie();
}

inline std::shared_ptr<const DataFile> WriteFile(const storage::testing::TempDir& directory,
                                                 const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches) {
  auto writer = FileWriter::Create(directory / (base::Tuid::New().text() + ".parquet"), batches.at(0)->schema()).ValueOrDie();
  for (const auto& batch : batches) EXPECT_TRUE(writer->Write(*batch).ok());
  return std::make_shared<DataFile>(writer->Finish().ValueOrDie());
}

inline size_t CountFiles(const std::string& directory) {
  size_t count = 0;
  std::error_code none;
  for (std::filesystem::recursive_directory_iterator it(directory, none), end; !none && it != end; it.increment(none)) {
    count += it->is_regular_file();
  }
  return count;
}

}  // namespace mutoscope::tables::testing
