// Queries and tables as Arrow datasets.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "arrow/compute/initialize.h"
#include "mutoscope/dataset.h"
#include "mutoscope/table.h"
#include "native/rows_dataset.h"
#include "native/table_reader.h"

namespace mutoscope {

namespace compute = arrow::compute;

arrow::Result<std::shared_ptr<arrow::dataset::Dataset>> ToArrowDataset(std::shared_ptr<const Dataset> dataset, Request request) {
  ARROW_RETURN_NOT_OK(compute::Initialize());
  ARROW_ASSIGN_OR_RAISE(auto schema, dataset->QuerySchema(request));
  const bool filters = !request.limit;
  const auto open = [dataset = std::move(dataset), request = std::move(request)](
                        std::optional<std::vector<std::string>> columns,
                        const compute::Expression& filter) -> arrow::Result<std::shared_ptr<arrow::RecordBatchReader>> {
    Request scan = request;
    scan.columns = std::move(columns);
    scan.filter = native::Both(filter, request.filter);
    return dataset->Query(scan);
  };
  return native::MakeRowsDataset({std::move(schema), open, filters});
}

arrow::Result<std::shared_ptr<arrow::dataset::Dataset>> ToArrowDataset(std::shared_ptr<const Table> table, TableScan scan) {
  ARROW_RETURN_NOT_OK(compute::Initialize());
  ARROW_ASSIGN_OR_RAISE(auto schema, table->Schema());
  ARROW_ASSIGN_OR_RAISE(const auto plan, native::PlanTableScan(std::move(schema), scan));
  const bool filters = !scan.limit;
  const auto open = [table = std::move(table), scan = std::make_shared<const TableScan>(std::move(scan))](
                        std::optional<std::vector<std::string>> columns, const compute::Expression& filter) {
    TableScan again = *scan;
    again.columns = std::move(columns);
    again.filter = native::Both(filter, scan->filter);
    return table->Scan(again);
  };
  return native::MakeRowsDataset({plan.answer, open, filters});
}

}  // namespace mutoscope
