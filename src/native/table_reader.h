// Rows of a table as they arrive; what a scan leaves out is left out here, batch by batch.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arrow/compute/expression.h"
#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "mutoscope/table.h"
#include "native/transport.h"

namespace mutoscope::native {

struct TableScanPlan {
  std::shared_ptr<arrow::Schema> schema;             // of what arrives
  std::shared_ptr<arrow::Schema> answer;             // of what is given on
  std::vector<int> columns;                          // of the answer, in `schema`
  std::optional<arrow::compute::Expression> filter;  // bound to `schema`; absent = all rows
  std::optional<int64_t> limit;
};

// INVALID_ARGUMENT for an unknown column, and for a filter that does not fit the columns.
arrow::Result<TableScanPlan> PlanTableScan(std::shared_ptr<arrow::Schema> schema, const TableScan& scan);

// `stream`: the answer to ScanTable.
std::shared_ptr<arrow::RecordBatchReader> MakeTableReader(std::shared_ptr<Transport> transport,
                                                          std::unique_ptr<MessageStream> stream, TableScanPlan plan);

}  // namespace mutoscope::native
