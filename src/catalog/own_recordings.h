// Recordings that the server keeps itself, in DIR/recordings/<dataset id>. Private to this folder.
#pragma once

#include <string>
#include <vector>

#include "catalog/maintenance.h"
#include "catalog/state.h"

namespace mutoscope::catalog {

// Removes those of the dataset that no layer of any dataset refers to and that are old enough (MaintenanceOptions), and says so.
// Files of this run stay in any case, and so does everything while a registration runs: they may be about to be referred to.
arrow::Status DropOwnRecordings(CatalogState& state, const EntryId& dataset, const MaintenanceOptions& options,
                                std::vector<std::string>* report);

}  // namespace mutoscope::catalog
