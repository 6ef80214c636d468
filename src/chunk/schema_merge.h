// The schema of a dataset: the union over its layers (redap.md §3.6, rulings.md A18, A20).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "arrow/result.h"
#include "arrow/type.h"

namespace mutoscope::chunk {

struct NamedSchema {
  std::string name;  // for the error: the file
  std::shared_ptr<arrow::Schema> schema;
};

// Row id, indexes sorted by name, components sorted by entity path, archetype, component. is_static = in any;
// is_semantically_empty = in all that have the column. INVALID_ARGUMENT naming the column, both names and both types if one
// column (or one timeline) has two datatypes. Empty input: an empty schema (no fields).
arrow::Result<std::shared_ptr<arrow::Schema>> MergeSchemas(const std::vector<NamedSchema>& schemas);

}  // namespace mutoscope::chunk
