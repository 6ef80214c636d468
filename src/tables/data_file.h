// The files of a table.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "arrow/type.h"
#include "storage/file.h"

namespace mutoscope::tables {

// One Parquet file: written by us in storage form, or a user's own, whose columns are what Arrow reads from them.
struct DataFile {
  // What is on the disk and in the catalog.
  struct Info {
    std::string path;
    bool ours = true;
    storage::FileIdentity identity;
    int64_t rows = 0;
    int level = 0;  // how often its rows were compacted
  };
  explicit DataFile(Info given) : info(std::move(given)) {}
  // Removes the file if it is ours and was dropped from the table: nobody reads it any more.
  ~DataFile();
  DataFile(const DataFile&) = delete;
  DataFile& operator=(const DataFile&) = delete;

  const Info info;
  mutable std::atomic<bool> dropped = false;
};

// A table at one version. Immutable; its files stay as long as it lives.
struct TableData {
  std::shared_ptr<arrow::Schema> schema;
  std::vector<std::shared_ptr<const DataFile>> files;
};

}  // namespace mutoscope::tables
