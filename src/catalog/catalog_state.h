// Catalog::State. Private to this folder.
#pragma once

#include "catalog/rows_writer.h"
#include "catalog/state.h"
#include "catalog/uploads.h"

namespace mutoscope::catalog {

struct Catalog::State : CatalogState {
  using CatalogState::CatalogState;
  std::unique_ptr<Uploads> uploads;
  std::unique_ptr<RowsWriter> rows_writer;  // ends before the rest
};

}  // namespace mutoscope::catalog
