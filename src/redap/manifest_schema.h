// Fixed columns of the segment table and the dataset manifest, and the property columns both share (redap.md §3.4, §3.5).
#pragma once

#include <memory>
#include <vector>

#include "arrow/type.h"
#include "catalog/entry.h"
#include "redap/columns.h"

namespace mutoscope::redap {

// Property columns of the dataset, sorted by name.
std::vector<std::shared_ptr<arrow::Field>> PropertyFields(const catalog::DatasetSnapshot& snapshot);
std::shared_ptr<arrow::Schema> SegmentTableSchema(const catalog::DatasetSnapshot& snapshot);
std::shared_ptr<arrow::Schema> DatasetManifestSchema(const catalog::DatasetSnapshot& snapshot);

// One column of property values: a cell for each group of layers (a segment, or one layer); the last registered layer that has
// the property wins.
arrow::Result<std::shared_ptr<arrow::Array>> PropertyColumn(const catalog::DatasetSnapshot& snapshot, const arrow::Field& field,
                                                            const std::vector<std::vector<uint32_t>>& groups);

}  // namespace mutoscope::redap
