// A chunk table from the statistics of its chunks.
#pragma once

#include <utility>
#include <vector>

#include "arrow/result.h"
#include "chunk/chunk_stats.h"
#include "chunk/chunk_table.h"

namespace mutoscope::chunk {

// INVALID_ARGUMENT naming column and types if one column or timeline has two datatypes.
arrow::Result<ChunkTable> TableFromStats(const std::vector<std::pair<rrd::ChunkPlace, ChunkStats>>& chunks);

}  // namespace mutoscope::chunk
