// Rows of the engine, or of a server, as an Arrow dataset.
//
// What holds: GetFragments(p) yields one fragment whose rows are the rows that satisfy p: their source applies p. So p
// is the fragment's partition expression, and Arrow's scanner, which applies its filter again, first simplifies it with that
// guarantee. What Arrow can simplify (AND of comparisons of columns with literals, IS NOT NULL) is then not evaluated a second
// time, and no blob is copied through a filter kernel; any other filter is evaluated once more by Arrow, over rows that all pass,
// which costs a copy of the columns and is still right. Columns that only a simplified filter names are not read.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arrow/compute/expression.h"
#include "arrow/dataset/dataset.h"
#include "arrow/record_batch.h"
#include "arrow/result.h"

namespace mutoscope::native {

struct Rows {
  std::shared_ptr<arrow::Schema> schema;
  // Reads them once more: these columns (absent = all) of the rows that pass a filter, which is unbound.
  std::function<arrow::Result<std::shared_ptr<arrow::RecordBatchReader>>(std::optional<std::vector<std::string>> columns,
                                                                         const arrow::compute::Expression& filter)>
      open;
  bool filters = true;  // false: a limit counts rows before a scan's filter, so `open` must get none
};

arrow::Result<std::shared_ptr<arrow::dataset::Dataset>> MakeRowsDataset(Rows rows);

// What both say.
arrow::compute::Expression Both(const arrow::compute::Expression& a, const arrow::compute::Expression& b);

}  // namespace mutoscope::native
