// Runs a plan: units in parallel, batches in order, memory bounded.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <memory>

#include "query/plan.h"
#include "query/window_batches.h"

namespace mutoscope::query {

struct StreamOptions {
  size_t units_ahead_max = 2;                // worked on besides the one whose batches are asked for
  uint64_t unit_bytes_ready_max = 16 << 20;  // batches that wait to be asked for
  BatchLimits batch;
};

// The thread that calls ReadNext works too; a plan of one unit never leaves it. The pool, the catalog and the cache outlive the
// reader (they are kept by `keep`).
std::shared_ptr<QueryReader> MakeStream(std::shared_ptr<const Plan> plan, std::shared_ptr<Counters> counters,
                                        const catalog::Catalog& catalog, ChunkCache& cache, boost::asio::thread_pool& pool,
                                        const StreamOptions& options, std::shared_ptr<const void> keep);

}  // namespace mutoscope::query
