// Index files: checked, merged, made anew. Private to this folder.
//
// Long work is done without locks, on files that do not change; what it gives takes effect in one transaction, for the layers
// that are still as they were.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "catalog/layer_rows.h"
#include "catalog/state.h"

namespace mutoscope::catalog {

struct IndexUpkeep {
  CatalogState& state;
  DatasetState& dataset;
  std::function<bool()> stopping;  // asked often; work that was done stays
};

// Each adds to the report what it found and did. CANCELLED when `stopping`.

// Reads all index files: chunk tables that are missing or damaged are made again from the recordings, at once; rows by the
// background writer.
arrow::Status CheckIndexes(const IndexUpkeep& upkeep, std::vector<std::string>* report);
// Merges small files of both kinds.
arrow::Status MergeIndexes(const IndexUpkeep& upkeep, std::vector<std::string>* report);
// Makes all chunk tables anew from recordings that are as they were registered; rows are made anew in the background.
arrow::Status RemakeIndexes(const IndexUpkeep& upkeep, std::vector<std::string>* report);
// Removes files of earlier runs that no layer needs.
arrow::Status DropOrphanedIndexes(const IndexUpkeep& upkeep, std::vector<std::string>* report);

}  // namespace mutoscope::catalog
