// The rows of a whole dataset for one index and one choice of contents, kept between queries: listing times, counting rows and
// filtering on the index then cost nothing but the answer.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "arrow/buffer.h"
#include "arrow/result.h"
#include "query/counters.h"
#include "query/plan.h"
#include "query/window_batches.h"

namespace mutoscope::query {

// Immutable.
struct KnownRows {
  std::shared_ptr<arrow::Buffer> values;  // int64, segment after segment, ascending in each
  std::vector<int64_t> begins;            // of each segment of the snapshot, in values; and their number

  uint64_t bytes() const { return static_cast<uint64_t>(values->size()) + begins.size() * sizeof(int64_t); }
};

// The answer to an index-only plan.
std::shared_ptr<QueryReader> MakeKnownRowsReader(std::shared_ptr<const Plan> plan, std::shared_ptr<const KnownRows> rows,
                                                 std::shared_ptr<Counters> counters, const BatchLimits& limits);

}  // namespace mutoscope::query
