// What a query did so far, counted by several threads.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "mutoscope/query.h"

namespace mutoscope::query {

struct Counters {
  using Count = std::atomic<int64_t>;
  Count rows = 0, rows_considered = 0, segments = 0, chunks = 0, cells_verbatim = 0, chunks_decoded = 0, cache_hits = 0;
  Count bytes_read = 0, bytes_decoded = 0, plan_ns = 0, index_ns = 0, filter_ns = 0, payload_ns = 0;

  Statistics Read() const {
    return {rows,       rows_considered, segments,       chunks,   cells_verbatim, chunks_decoded, cache_hits,
            bytes_read, bytes_decoded,   plan_ns.load(), index_ns, filter_ns,      payload_ns};
  }
};

// Adds the time of its life.
class Stopwatch {
 public:
  explicit Stopwatch(Counters::Count& total_ns) : total_ns_(total_ns), begin_(Clock::now()) {}
  ~Stopwatch() { total_ns_ += std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begin_).count(); }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  using Clock = std::chrono::steady_clock;
  Counters::Count& total_ns_;
  Clock::time_point begin_;
};

}  // namespace mutoscope::query
