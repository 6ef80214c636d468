// Upsert: rows that take the place of those with the same key.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "arrow/result.h"
#include "tables/data_file.h"

namespace mutoscope::tables {

struct Merged {
  std::vector<std::shared_ptr<const DataFile>> files;  // of the table afterwards: old ones and new ones
  int64_t rows_updated = 0;
  int64_t rows_added = 0;
};

// INVALID_ARGUMENT if no column of the table is a key, if the values of one cannot be compared, or if one is not staged.
arrow::Status CheckMerge(const arrow::Schema& table, const arrow::Schema& staged);

// Merges the rows of `staged` (a file of ours with the columns of `staged_schema`, some or all of the table's, the key columns
// among them) into the table. Rows of the table with the same key take the staged values; columns that are not staged keep
// theirs. Staged rows without a match are added if `insert`, with nulls in the other columns. A null in a key column matches
// nothing.
//
// Only files with matches are written anew, under names from `new_path`; their readers keep the old ones. On an error the new
// files are gone. INVALID_ARGUMENT as of CheckMerge(), if two staged rows match one row, or if a row would be added without a
// column that has no nulls.
//
// Memory: the keys of the staged rows, and blocks of rows of about 64 MiB; rows beyond one block cost another pass over the
// table.
arrow::Result<Merged> Merge(const TableData& table, const std::shared_ptr<const DataFile>& staged,
                            const std::shared_ptr<arrow::Schema>& staged_schema, bool insert,
                            const std::function<std::string()>& new_path);

// One file with the rows of all, in order.
arrow::Result<DataFile::Info> Concatenate(const arrow::Schema& schema, const std::vector<std::shared_ptr<const DataFile>>& files,
                                          const std::string& path);

}  // namespace mutoscope::tables
