// The plan of a query: a pure value that says which segments, chunks and columns are looked at, in which order.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arrow/result.h"
#include "catalog/catalog.h"
#include "mutoscope/query.h"
#include "query/columns.h"
#include "query/predicate.h"
#include "query/segment_scan.h"

namespace mutoscope::query {

struct OutputColumn {
  Operand::Kind kind = Operand::Kind::kSegmentId;  // no presence
  uint32_t id = 0;
};

struct Plan {
  std::shared_ptr<const catalog::DatasetSnapshot> snapshot;
  std::shared_ptr<const QueryColumns> columns;
  Predicate predicate;
  std::vector<OutputColumn> projection;
  std::shared_ptr<arrow::Schema> schema;  // of the answer
  bool fill = false;
  std::optional<int64_t> limit;
  // Neither cells nor other indexes are asked for: index values and segment ids are the whole answer.
  bool index_only = false;
  std::vector<uint32_t> segments;  // that are asked for and can pass the predicate, ascending
  bool all_segments = false;

  // By (segment, range). Empty for a plan that is answered from known rows.
  std::vector<SegmentWindow> windows;
  std::vector<size_t> unit_begins;  // windows that are worked off together begin here
  // The windows are wider than the predicate's intervals.
  bool check_index = false;
};

// Everything but the windows. INVALID_ARGUMENT for unknown columns and filters that do not fit; the status of a layer that is not
// available and is needed.
arrow::Result<Plan> MakePlan(std::shared_ptr<const catalog::DatasetSnapshot> snapshot,
                             std::shared_ptr<const QueryColumns> columns, const Request& request);

// Selects the chunks. INVALID_ARGUMENT for index values that do not suit.
arrow::Status AddWindows(const Request& request, Plan* plan);

// The plan as text, one step a line.
std::string Describe(const Plan& plan, const Request& request);

}  // namespace mutoscope::query
