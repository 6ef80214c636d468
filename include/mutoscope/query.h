// Queries of a dataset: rows of an index, cells of components, as Arrow record batches.
//
// The answer to a Request is a table with one row for each (segment, index value), ordered by segment id (bytes) and index value.
// Columns: `rerun_segment_id` (utf8), the indexes of the dataset by name (int64, timestamp[ns] or duration[ns]), then components
// (list<T>, null where nothing was logged, empty where the value was cleared). The row set depends on contents, segments, index
// and filter, never on the chosen columns.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "arrow/array.h"
#include "arrow/compute/expression.h"
#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "mutoscope/export.h"

namespace mutoscope {

inline constexpr char kSegmentIdColumn[] = "rerun_segment_id";

// What to read. A plain value.
struct Request {
  // Segment ids; absent = all, empty = none. Unknown ids select nothing.
  std::optional<std::vector<std::string>> segments;
  // Content filters: each is a list of rules such as "/camera/**" or "- /camera/raw"; several filters intersect. No filter =
  // everything but properties. A filter with an empty list selects nothing.
  std::vector<std::vector<std::string>> contents;
  // Name of the index whose values make the rows; absent = one row a segment with its static values.
  std::optional<std::string> index;
  // Columns of the answer, in this order; absent = all. INVALID_ARGUMENT for a name the dataset does not have.
  std::optional<std::vector<std::string>> columns;
  // Rows to keep: an unbound expression over any columns, also ones that are not in `columns`. SQL three-valued logic on the
  // finished row.
  arrow::compute::Expression filter = arrow::compute::literal(true);
  // A null cell takes the latest value at or before the row, in its segment; a Clear ends it.
  bool fill_latest_at = false;
  bool include_tombstone_columns = false;
  bool include_semantically_empty_columns = false;
  // Rows at exactly these index values instead of the logged ones: in every segment whose range of the index covers them
  // (`index_values`), or in the named segments, covered or not (`segment_index_values`). Integers are raw values (nanoseconds on
  // time indexes); timestamps and durations of any unit are converted. Duplicates count once. INVALID_ARGUMENT naming the value
  // for nulls, overflow, and a type that does not suit the index.
  std::shared_ptr<arrow::Array> index_values;
  std::optional<std::vector<std::pair<std::string, std::shared_ptr<arrow::Array>>>> segment_index_values;
  // At most that many rows, the first in order; absent = all.
  std::optional<int64_t> limit;
};

// What a query did so far.
struct Statistics {
  int64_t rows = 0;             // of the answer
  int64_t rows_considered = 0;  // before the filter
  int64_t segments = 0;         // looked at
  int64_t chunks = 0;           // whose rows were looked at
  int64_t cells_verbatim = 0;   // large cells read straight from the file
  int64_t chunks_decoded = 0;   // whole or as a prefix
  int64_t cache_hits = 0;       // columns of chunks found decoded
  int64_t bytes_read = 0;       // of recordings
  int64_t bytes_decoded = 0;
  int64_t plan_ns = 0;   // finding segments and chunks
  int64_t index_ns = 0;  // rows and index columns; summed over threads, as the next two
  int64_t filter_ns = 0;
  int64_t payload_ns = 0;
};

// The answer to a query. Batches hold at most 65,536 rows and about 8 MiB (more only where one row is larger). Not thread-safe,
// but Close() and statistics() may be called from any thread; destroying it ends the query.
class MUTOSCOPE_EXPORT QueryReader : public arrow::RecordBatchReader {
 public:
  // Stops reading; a ReadNext() that waits in another thread returns CANCELLED soon.
  arrow::Status Close() override = 0;
  virtual Statistics statistics() const = 0;
};

// One cell. Reads no more than the cell.
struct CellRequest {
  std::string column;                  // a component column, e.g. "/camera:EncodedImage:blob"
  std::string index;                   // e.g. "log_time"
  int64_t at = 0;                      // raw index value (nanoseconds on time indexes)
  std::optional<std::string> segment;  // absent: the first segment (by id) with a value there; with `latest`, the one whose value
                                       // is the latest
  bool latest = false;                 // the latest value at or before `at` instead of the value at `at`
};

}  // namespace mutoscope
