// SQL of entries and datasets. All functions run inside Database::Read or Database::Write and may throw what SOCI throws.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/database.h"

namespace mutoscope::catalog {

using DatasetKey = long long;  // of the database only; the wire has EntryId

struct DatasetRow {
  DatasetKey key = 0;
  Dataset dataset;
  long long revision = 0;
  long long layer_count = 0;
};

std::optional<std::pair<DatasetKey, Entry>> FindEntryRow(soci::session& sql, const EntryId& id);
std::vector<Entry> ListEntryRows(soci::session& sql, const EntryFilter& filter);

// NOT_FOUND if there is no such entry, or if it is a table.
arrow::Result<DatasetRow> ReadDatasetRow(soci::session& sql, const EntryId& id);
arrow::Result<DatasetRow> ReadDatasetRow(soci::session& sql, DatasetKey key);

// ALREADY_EXISTS naming the id or the name.
arrow::Result<DatasetKey> InsertEntryRow(soci::session& sql, const Entry& entry, std::optional<DatasetKey> owner);
// For an entry of a dataset kind.
void InsertDatasetRow(soci::session& sql, DatasetKey key, std::optional<DatasetKey> blueprint, std::optional<DatasetKey> assets);
// Replaces the details; ids in `details` must exist. Also grows the revision.
void UpdateDetailsRow(soci::session& sql, DatasetKey key, std::optional<DatasetKey> blueprint, std::optional<DatasetKey> assets,
                      const DatasetDetails& details, int64_t now_ns);
arrow::Status RenameEntryRow(soci::session& sql, DatasetKey key, const std::string& name, int64_t now_ns);
// The dataset itself, if it is one, and those that it owns.
std::vector<EntryId> OwnedDatasets(soci::session& sql, DatasetKey key);
void DeleteEntryRow(soci::session& sql, DatasetKey key);

// One more visible change, and what it did to the counts.
void ChangeDatasetRow(soci::session& sql, DatasetKey key, long long layers_added, long long chunks_added, int64_t now_ns);

}  // namespace mutoscope::catalog
