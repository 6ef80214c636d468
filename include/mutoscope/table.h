// A table of the catalog: rows of the user's own, beside the recordings.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arrow/compute/expression.h"
#include "arrow/dataset/dataset.h"
#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "mutoscope/entry.h"
#include "mutoscope/export.h"

namespace mutoscope {

// Marks a column, in its field's metadata with the value "true", whose values tell the rows of a table apart
// (TableWrite::kUpsert).
inline constexpr char kTableIndexKey[] = "rerun:is_table_index";

struct TableDetails {
  std::string storage_url;  // empty: the system table
  std::optional<std::string> blueprint_dataset_id;
  std::optional<std::string> default_blueprint;
};

// What to read of a table. A plain value.
struct TableScan {
  // Of the answer, in this order; absent = all.
  std::optional<std::vector<std::string>> columns = std::nullopt;
  // Rows to keep: unbound, over any columns of the table.
  arrow::compute::Expression filter = arrow::compute::literal(true);
  // At most that many of them; absent = all.
  std::optional<int64_t> limit = std::nullopt;
};

enum class TableWrite {
  kAppend,     // columns that the new rows lack are null in them
  kOverwrite,  // the new rows take the place of all others, and their columns that of the table's
  kUpsert,  // a new row takes the place of the row with the same values of the index columns, if there is one; columns that the
            // new rows lack keep their values
};

// One interface for a table in this process and for one on a server. Immutable handle, thread-safe; calls may block on the disk
// or the network. Errors carry a gRPC code (mutoscope/error.h).
class MUTOSCOPE_EXPORT Table {
 public:
  virtual ~Table() = default;
  virtual const Entry& entry() const = 0;
  virtual arrow::Result<TableDetails> Details() const = 0;
  // Of the dataset with blueprints that belongs to the table; absent = none. What the table has then.
  virtual arrow::Result<TableDetails> SetDefaultBlueprint(const std::optional<std::string>& name) = 0;
  virtual arrow::Result<std::shared_ptr<arrow::Schema>> Schema() const = 0;

  // The rows as they are when the scan begins, as they arrive. The reader is not thread-safe, but Close() may be called from any
  // thread: a ReadNext() that waits in another one returns CANCELLED soon. INVALID_ARGUMENT for an unknown column and for a
  // filter that does not fit the columns.
  virtual arrow::Result<std::shared_ptr<arrow::RecordBatchReader>> Scan(const TableScan& scan = {}) const = 0;

  // All rows or none: an error of `rows`, and of the call, leaves the table as it was.
  virtual arrow::Status Write(arrow::RecordBatchReader& rows, TableWrite how) = 0;
};

// The table as an Arrow dataset of one fragment, read again by each scan. Filters and projections of a scan are applied batch by
// batch as they arrive.
MUTOSCOPE_EXPORT arrow::Result<std::shared_ptr<arrow::dataset::Dataset>> ToArrowDataset(std::shared_ptr<const Table> table,
                                                                                        TableScan scan = {});

}  // namespace mutoscope
