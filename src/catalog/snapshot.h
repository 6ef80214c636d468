// The lazily loaded, immutable value of a dataset.
#pragma once

#include <memory>

#include "catalog/state.h"

namespace mutoscope::catalog {

// The snapshot of the dataset as of now: the one in memory, or that with the changes since, or the first, from the database and
// the packs.
arrow::Result<std::shared_ptr<const DatasetSnapshot>> CurrentSnapshot(CatalogState& state, DatasetState& dataset);

// Loads DatasetState::schemas if it is not. change_mutex is held, and the session is inside Read or Write.
arrow::Status LoadSchemas(soci::session& sql, DatasetState& dataset);

}  // namespace mutoscope::catalog
