// Schemas in dataframe naming, as GetDatasetSchema gives them (redap.md §3.6, query.md §4, rulings.md A18).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "arrow/type.h"
#include "chunk/descriptor.h"

namespace mutoscope::chunk {

struct DatasetColumn {
  std::string entity;  // canonical path
  Descriptor descriptor;
  std::shared_ptr<arrow::DataType> type;  // canonical list
  bool is_static = false;
  bool is_semantically_empty = false;
};

// Row id, timelines by name, columns by entity path, archetype, component. No fields at all if there are neither timelines nor
// columns.
std::shared_ptr<arrow::Schema> MakeDatasetSchema(std::vector<Timeline> timelines, const std::vector<DatasetColumn>& columns);

// The column that a field of such a schema stands for.
DatasetColumn DatasetColumnOf(const arrow::Field& field);

// SHA-256 over names, types, nullability and metadata of the fields in name order: equal for schemas that differ only in the
// order of fields or of metadata.
std::array<uint8_t, 32> SchemaSha256(const arrow::Schema& schema);

}  // namespace mutoscope::chunk
