// Parquet files of users as tables.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "arrow/result.h"
#include "arrow/type.h"
#include "storage/source_policy.h"
#include "tables/data_file.h"

namespace mutoscope::catalog {

struct TableSource {
  std::string path;  // canonical: the file or the directory
  std::vector<tables::DataFile::Info> files;
  std::shared_ptr<arrow::Schema> schema;
};

// See Tables::Register. PERMISSION_DENIED, NOT_FOUND, INVALID_ARGUMENT naming the file that is no Parquet or has other columns
// than the first, UNIMPLEMENTED for Lance.
arrow::Result<TableSource> FindTableSource(const storage::SourcePolicy& policy, const std::string& url);

}  // namespace mutoscope::catalog
