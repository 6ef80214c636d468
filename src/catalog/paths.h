// Names below the data directory.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

#include "catalog/entry.h"

namespace mutoscope::catalog {

// The number of the server's run on this directory in the upper 32 bits, a counter in the lower: a file of an earlier run that
// the database does not know is an orphan, one of this run may be in the making.
using PackId = int64_t;

enum class PackKind { kTables = 1, kRows = 2 };

inline PackId FirstPackIdOf(int64_t run) { return run << 32; }

std::string DatabasePath(const std::string& data_directory);
std::string IndexDirectory(const std::string& data_directory);
std::string DatasetIndexDirectory(const std::string& data_directory, const EntryId& dataset);
std::string PackPath(const std::string& data_directory, const EntryId& dataset, PackId pack, PackKind kind);

void RemoveFile(const std::string& path);
// Removes the dataset's index directory with everything in it.
void RemoveDatasetIndex(const std::string& data_directory, const EntryId& dataset);
// Removes pack files (and temporary ones) with an id below `first_of_this_run` that are not in `live`; returns how many.
size_t RemoveOrphanPacks(const std::string& data_directory, const EntryId& dataset, const std::unordered_set<PackId>& live,
                         PackId first_of_this_run);
// Removes index directories of datasets that do not exist; returns how many. Names that are no ids are left alone.
size_t RemoveOrphanIndexDirectories(const std::string& data_directory, const std::unordered_set<EntryId>& datasets);

}  // namespace mutoscope::catalog
