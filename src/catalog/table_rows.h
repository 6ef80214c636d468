// SQL of tables. All functions run inside Database::Read or Database::Write and may throw what SOCI throws.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "catalog/entry_rows.h"
#include "catalog/tables.h"
#include "tables/data_file.h"

namespace mutoscope::catalog {

struct TableRow {
  DatasetKey key = 0;
  Entry entry;
  TableDetails details;
  bool system = false;  // __entries: nothing below is set
  long long version = 0;
  std::string schema_ipc;
  std::optional<std::string> source;  // the path that was registered
};

// NOT_FOUND if there is no such entry, or if it is no table.
arrow::Result<TableRow> ReadTableRow(soci::session& sql, const EntryId& id);
// For an entry of the kind table.
void InsertTableRow(soci::session& sql, DatasetKey key, const std::string& schema_ipc, const std::optional<std::string>& source,
                    DatasetKey blueprint);
void UpdateTableDetailsRow(soci::session& sql, DatasetKey key, std::optional<DatasetKey> blueprint, const TableDetails& details,
                           int64_t now_ns);
// A hidden blueprint dataset of the table, under the name that belongs to it; made if there is none.
arrow::Result<DatasetKey> OwnBlueprintDataset(soci::session& sql, DatasetKey key, const EntryId& id, int64_t now_ns);

// Files of the current version, in order. Paths of ours are names in `directory`.
std::vector<tables::DataFile::Info> ReadTableFiles(soci::session& sql, DatasetKey key, const std::string& directory);
// The next version has these files.
void WriteTableVersion(soci::session& sql, DatasetKey key, const std::vector<tables::DataFile::Info>& files,
                       const std::optional<std::string>& schema_ipc, int64_t now_ns);
// Names of all files of ours by the ids of their tables; tables without files have a row with an empty name.
std::vector<std::pair<EntryId, std::string>> AllTableFiles(soci::session& sql);

}  // namespace mutoscope::catalog
