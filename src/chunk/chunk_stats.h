// What a chunk table holds of one decoded chunk.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "arrow/type.h"
#include "base/tuid.h"
#include "chunk/chunk.h"
#include "chunk/chunk_table.h"

namespace mutoscope::chunk {

struct ComponentStats {
  Descriptor descriptor;
  std::shared_ptr<arrow::DataType> type;
  uint64_t rows_set = 0;
  bool has_instances = false;     // some cell is neither null nor empty
  std::vector<TimeRange> ranges;  // parallel to the timelines; over the rows that are set (empty if there are none)
};

struct ChunkStats {
  base::Tuid id;
  std::string entity_path;
  uint64_t num_rows = 0;
  std::vector<Timeline> timelines;
  std::vector<TimeRange> ranges;  // parallel to the timelines; empty if there are no rows
  std::vector<ComponentStats> components;
};

ChunkStats StatsOf(const Chunk& chunk);

}  // namespace mutoscope::chunk
