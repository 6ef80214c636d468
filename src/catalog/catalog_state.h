// Catalog::State. Private to this folder.
#pragma once

#include "catalog/rows_writer.h"
#include "catalog/state.h"
#include "catalog/tables.h"
#include "catalog/uploads.h"

namespace mutoscope::catalog {

struct Catalog::State : CatalogState {
  using CatalogState::CatalogState;
  SegmentPropertyStore segment_properties{*this};
  Tables tables{*this};
  std::unique_ptr<Uploads> uploads;
  std::unique_ptr<RowsWriter> rows_writer;  // ends before the rest
};

}  // namespace mutoscope::catalog
