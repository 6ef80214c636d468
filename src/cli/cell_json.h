// Cells as text: for machines (JSON) and for people (short).
#pragma once

#include <string>

#include "arrow/array.h"
#include "cli/output.h"

namespace mutoscope::cli {

// Timestamps as ISO 8601 text (UTC), durations in nanoseconds, bytes (binary, and lists of uint8 within a cell) as base64, NaN
// and infinities as text, structs as objects.
Json CellJson(const arrow::Array& column, int64_t row);

// At most about `width_max` characters; bytes as <77,123 bytes>.
std::string CellSummary(const arrow::Array& column, int64_t row, size_t width_max = 60);

}  // namespace mutoscope::cli
