// Chunks that decide the latest values of a segment at some index value.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "index/dataset_index.h"
#include "query/columns.h"

namespace mutoscope::query {

// Chunks that can hold the latest value of a column at or before `at`, and all Clears before it that reach below their entity:
// which of them is recursive only their flags tell, and a later flat one does not take an earlier recursive one back (rulings.md
// A1). `layers`: all of one segment. Ascending.
std::vector<index::ChunkRef> LatestChunks(const index::DatasetIndex& index, const QueryColumns& columns,
                                          std::span<const index::LayerId> layers, int64_t at);

}  // namespace mutoscope::query
