// The columns that a query can answer, and the entities it therefore looks at. Pure.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "arrow/result.h"
#include "arrow/type.h"
#include "catalog/entry.h"
#include "chunk/descriptor.h"
#include "index/dataset_index.h"
#include "mutoscope/query.h"

namespace mutoscope::query {

struct ComponentColumn {
  std::shared_ptr<arrow::Field> field;
  std::string entity;  // canonical path
  chunk::Descriptor descriptor;
  bool is_blob = false;  // list of lists of bytes: cells may be large, and are read on their own

  const std::string& component() const { return descriptor.component; }
};

// Positions in QueryColumns::components.
using ColumnIds = std::vector<uint32_t>;

// Immutable, shared between queries.
struct QueryColumns {
  std::vector<chunk::Timeline> indexes;     // by name
  std::optional<size_t> index;              // of the rows, in `indexes`
  std::vector<ComponentColumn> components;  // visible ones, in the order of rulings.md A18
  // rerun_segment_id, indexes, components.
  std::shared_ptr<arrow::Schema> schema;
  std::unordered_map<std::string, ColumnIds> by_entity;
  bool any_static = false;  // some column here, or a Clear that counts, is static in some segment
  // What a Clear on an entity empties: columns of the entity itself, and of everything below it. By entity with a Clear column.
  struct ClearTargets {
    ColumnIds own;
    ColumnIds below;  // without `own`
  };
  std::unordered_map<std::string, ClearTargets> clears;
  // Entities with visible columns, and those whose Clear counts for them whatever the contents are (rulings.md A1).
  index::ContentSelection selection;

  const chunk::Timeline& timeline() const { return indexes[*index]; }
  int first_component_field() const { return 1 + static_cast<int>(indexes.size()); }
};

// INVALID_ARGUMENT for an unknown index. Looks at contents, index and the include_* options of the request only.
arrow::Result<std::shared_ptr<const QueryColumns>> MakeColumns(const catalog::DatasetSnapshot& snapshot, const Request& request);

// For one cell: just that column, hidden or not. NOT_FOUND for an unknown column, INVALID_ARGUMENT for an unknown index.
arrow::Result<std::shared_ptr<const QueryColumns>> MakeCellColumns(const catalog::DatasetSnapshot& snapshot,
                                                                   const std::string& column, const std::string& index);

// Identifies what MakeColumns looks at.
std::string ColumnsKey(const Request& request);

}  // namespace mutoscope::query
