// The columns of a manifest's `data` batch (rrd.md §1.8), found by their metadata and checked once, so that rows need no names.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arrow/array.h"
#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "chunk/chunk_table.h"

namespace mutoscope::chunk {

// Two int64 columns (times are read as raw int64) with nulls at the same rows.
struct RangeColumns {
  std::shared_ptr<arrow::Array> start;
  std::shared_ptr<arrow::Array> end;
  bool exists() const { return start != nullptr; }
};

struct ComponentColumns {
  Descriptor descriptor;
  std::shared_ptr<arrow::BooleanArray> has_static_data;       // null if absent
  std::vector<RangeColumns> ranges;                           // parallel to the timelines
  std::vector<std::shared_ptr<arrow::UInt64Array>> num_rows;  // parallel to the timelines; null where absent
};

struct ManifestColumns {
  std::shared_ptr<arrow::StringArray> entity_path;
  std::shared_ptr<arrow::FixedSizeBinaryArray> id;
  std::shared_ptr<arrow::BooleanArray> is_static;
  std::shared_ptr<arrow::UInt64Array> num_rows;
  std::vector<RangeColumns> ranges;          // parallel to the timelines
  std::vector<ComponentColumns> components;  // by descriptor, ascending, migrated
};

// `timelines` are those of the manifest's schema, in name order. INVALID_ARGUMENT naming the column that breaks a rule.
arrow::Result<ManifestColumns> FindManifestColumns(const arrow::RecordBatch& chunks, const std::vector<Timeline>& timelines);

}  // namespace mutoscope::chunk
