// The flow of a registration: expand, read in parallel, write packs, commit.
#pragma once

#include <vector>

#include "catalog/state.h"

namespace mutoscope::catalog {

arrow::Result<std::vector<RegisteredSource>> RegisterSources(CatalogState& state, const EntryId& dataset,
                                                             const std::vector<DataSource>& sources,
                                                             const Catalog::RegisterOptions& options);

}  // namespace mutoscope::catalog
