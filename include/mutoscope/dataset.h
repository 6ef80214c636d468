// A dataset of recordings: what is in it, and queries.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arrow/dataset/dataset.h"
#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "arrow/table.h"
#include "mutoscope/entry.h"
#include "mutoscope/export.h"
#include "mutoscope/query.h"

namespace mutoscope {

// A recording, or a directory of them.
struct Source {
  std::string url;             // file:// URI or path as the server sees it
  std::string layer = "base";  // name of the layer it becomes
  bool prefix = false;         // a directory: every .rrd below it
};

enum class OnDuplicate { kError, kSkip, kReplace };

// One row of the answer to a registration: a task registers it in the background.
struct Registered {
  std::string segment_id;
  std::string layer;
  std::string url;
  std::string task_id;
};

struct TaskState {
  std::string task_id;
  enum class Status { kPending, kSuccess, kFailed } status = Status::kPending;
  std::string message;  // why it failed, or what is missing of a damaged recording that was registered all the same
};

// Hidden datasets that belong to a dataset, and the names of its default blueprints.
struct DatasetDetails {
  std::optional<std::string> blueprint_dataset_id;
  std::optional<std::string> asset_dataset_id;
  std::optional<std::string> default_blueprint;
  std::optional<std::string> default_segment_table_blueprint;
};

// Properties of a segment that were set beside its recordings, and outlive them.
struct SegmentProperties {
  std::string segment_id;
  std::shared_ptr<arrow::RecordBatch> values;  // one row; columns `property:<key>:<component>`
  uint64_t revision = 0;                       // another one after each change, never 0
};

struct Maintenance {
  bool optimize_indexes = false;
  bool retrain_indexes = false;
  bool compact_fragments = false;
  std::optional<int64_t> cleanup_before_ns;  // since the Unix epoch
  bool unsafe_allow_recent_cleanup = false;
};

// One interface for a dataset in this process and for one on a server. Immutable handle, thread-safe; calls may block on the disk
// or the network. Errors carry a gRPC code (mutoscope/error.h).
class MUTOSCOPE_EXPORT Dataset {
 public:
  virtual ~Dataset() = default;
  virtual const Entry& entry() const = 0;
  virtual arrow::Result<DatasetDetails> Details() const = 0;
  // Takes their place. INVALID_ARGUMENT for a default blueprint without a dataset of blueprints.
  virtual arrow::Result<DatasetDetails> SetDetails(const DatasetDetails& details) = 0;

  // Row id, indexes by name, components by entity path; field metadata as rerun's (rerun:kind, rerun:entity_path …). No fields
  // while nothing is registered.
  virtual arrow::Result<std::shared_ptr<arrow::Schema>> Schema() const = 0;
  // One row a segment: id, layers, storage URLs, sizes, properties, first and last value of each index. `columns`: absent = all.
  virtual arrow::Result<std::shared_ptr<arrow::Table>> SegmentTable(
      const std::optional<std::vector<std::string>>& columns = std::nullopt) const = 0;
  // One row a layer.
  virtual arrow::Result<std::shared_ptr<arrow::Table>> Manifest() const = 0;

  // Answers when the sources were looked at; their tasks go on behind (Catalog::WaitForTasks). NOT_FOUND, INVALID_ARGUMENT,
  // PERMISSION_DENIED or ALREADY_EXISTS naming the file: then nothing was registered.
  virtual arrow::Result<std::vector<Registered>> Register(const std::vector<Source>& sources, OnDuplicate on_duplicate) = 0;
  // Drops the layers whose segment and name are listed (an empty list matches all; both empty is INVALID_ARGUMENT). Files are
  // never touched. Returns one entry for each dropped layer.
  virtual arrow::Result<std::vector<Registered>> Unregister(const std::vector<std::string>& segments,
                                                            const std::vector<std::string>& layers) = 0;

  // Segments of the asset dataset that belong to every segment, and to this one.
  virtual arrow::Result<std::vector<std::string>> AssetsForSegment(const std::string& segment_id) const = 0;

  // Of those of the segments that have some.
  virtual arrow::Result<std::vector<SegmentProperties>> GetSegmentProperties(
      const std::vector<std::string>& segment_ids) const = 0;
  // Takes the place of all properties of the segment; the new revision. `values`: one row. With `expected_revision` (0 = there
  // are none yet): FAILED_PRECONDITION if somebody has changed them since.
  virtual arrow::Result<uint64_t> SetSegmentProperties(const std::string& segment_id, const arrow::RecordBatch& values,
                                                       std::optional<uint64_t> expected_revision = std::nullopt) = 0;
  virtual arrow::Status DeleteSegmentProperties(const std::vector<std::string>& segment_ids) = 0;

  // What was done, as text.
  virtual arrow::Result<std::string> DoMaintenance(const Maintenance& maintenance = {}) = 0;

  // The schema of the answer to `request`, without running it.
  virtual arrow::Result<std::shared_ptr<arrow::Schema>> QuerySchema(const Request& request) const = 0;
  // INVALID_ARGUMENT for an unknown index or column, a malformed rule, or a filter that does not fit the columns.
  virtual arrow::Result<std::shared_ptr<QueryReader>> Query(const Request& request) const = 0;
  // The plan as text; with `run`, the query is run to its end and the actual figures stand beside the estimates.
  virtual arrow::Result<std::string> Explain(const Request& request, bool run) const = 0;
  // An array of one row (null if there is no value), of the column's type. NOT_FOUND for an unknown column or segment.
  virtual arrow::Result<std::shared_ptr<arrow::Array>> Cell(const CellRequest& request) const = 0;
};

// The answer to `request` as an Arrow dataset of one ordered fragment: filters and projections of a scan are added to the request
// and evaluated by the engine, exactly once; counting reads no columns.
MUTOSCOPE_EXPORT arrow::Result<std::shared_ptr<arrow::dataset::Dataset>> ToArrowDataset(std::shared_ptr<const Dataset> dataset,
                                                                                        Request request);

}  // namespace mutoscope
