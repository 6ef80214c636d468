// One recording file, read for registration: heads, footers and properties, never the payload of other chunks.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "arrow/result.h"
#include "catalog/schema_pool.h"
#include "catalog/time_ranges.h"
#include "chunk/chunk_table.h"
#include "rrd/recording.h"
#include "storage/file.h"

namespace mutoscope::catalog {

struct StoreRead {
  rrd::Store store;
  std::shared_ptr<const chunk::ChunkTable> table;
  TimeRanges time_ranges;
  std::string properties;  // ReadProperties
  uint64_t size_bytes = 0;
  bool all_static = true;
};

struct SourceRead {
  storage::FileIdentity identity;
  std::vector<StoreRead> stores;  // of the kind that was asked for
  std::string findings;           // what is missing or wrong, as text; empty if nothing is
};

// The stores of that kind in the file; equal schemas are shared through the pool. Errors name the path.
arrow::Result<SourceRead> ReadSource(const std::string& path, rrd::StoreKind kind, SchemaPool* schemas);

}  // namespace mutoscope::catalog
