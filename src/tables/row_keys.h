// The names of rows: the values of the key columns of a table as bytes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "arrow/record_batch.h"
#include "arrow/result.h"

namespace mutoscope::tables {

// INVALID_ARGUMENT naming a key column whose values cannot be compared (lists, structs, ...).
arrow::Status CheckKeyTypes(const arrow::Schema& schema, const std::vector<int>& keys);

// One key a row, equal if and only if all values are; none for a row with a null in a key column: it equals no row, as in SQL.
// The batch holds the key columns in storage form.
arrow::Result<std::vector<std::optional<std::string>>> KeysOf(const arrow::RecordBatch& keys);

}  // namespace mutoscope::tables
