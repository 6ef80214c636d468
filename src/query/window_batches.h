// The batches of one unit of a plan: windows that are worked off one after the other.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "query/plan.h"

namespace mutoscope::query {

struct BatchLimits {
  int64_t rows_max = 64 << 10;
  uint64_t bytes_max = 8 << 20;  // about; one row may be larger
};

// For one thread at a time. All arguments outlive it.
class UnitBatches {
 public:
  UnitBatches(const Plan& plan, size_t unit, const catalog::Catalog& catalog, ChunkCache& cache, const BatchLimits& limits,
              Counters& counters);
  ~UnitBatches();

  // The next rows; null at the end. `bytes`: about how much memory the batch holds.
  arrow::Result<std::shared_ptr<arrow::RecordBatch>> Next(uint64_t* bytes);

 private:
  class Window;
  arrow::Result<std::shared_ptr<arrow::RecordBatch>> NextOfWindow(uint64_t* bytes);

  const Plan& plan_;
  const BatchLimits limits_;
  Counters& counters_;
  ChunkSource source_;
  size_t next_window_ = 0;
  size_t end_window_ = 0;
  std::unique_ptr<Window> window_;
};

// Evaluates a condition: true, false or null (false) for each row. Results are appended to `keep`.
arrow::Result<std::vector<bool>> Evaluate(const Condition& condition, std::vector<arrow::Datum> operands, int64_t rows);

}  // namespace mutoscope::query
