// When recordings of the server's own are removed. Private to this folder.
#pragma once

#include <string>
#include <unordered_set>

#include "catalog/state.h"

namespace mutoscope::catalog {

// Makes the database note the recordings of ours that layers stop referring to, in whatever way they do. Once an opening.
arrow::Status WatchDroppedRecordings(Database& database);

// Removes those noted that no layer refers to; call it after a commit that drops layers. What cannot be removed now is removed
// at the next start.
void RemoveDroppedRecordings(CatalogState& state);

// At the start: removes what a crash left of the runs before, but for files that are `being_recorded`.
arrow::Status RemoveLeftRecordings(CatalogState& state, const std::unordered_set<std::string>& being_recorded);

}  // namespace mutoscope::catalog
