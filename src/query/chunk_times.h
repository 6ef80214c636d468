// The index columns of one chunk: from the rows part of the layer index where it is written, else from the head of the chunk.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "arrow/result.h"
#include "catalog/catalog.h"
#include "index/dataset_index.h"

namespace mutoscope::query {

struct ChunkTimes {
  int64_t num_rows = 0;
  bool row_ids_sorted = true;
  std::vector<chunk::Timeline> timelines;
  std::vector<std::vector<int64_t>> times;  // [timeline][row]

  // Empty if the chunk lacks the timeline.
  std::span<const int64_t> Of(std::string_view timeline) const;
};

// FAILED_PRECONDITION if the recording changed, DATA_LOSS if the chunk is damaged.
arrow::Result<ChunkTimes> LoadTimes(const catalog::Catalog& catalog, const catalog::DatasetSnapshot& snapshot,
                                    const catalog::Layer& layer, const index::ChunkInfo& info);

}  // namespace mutoscope::query
