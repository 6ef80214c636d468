// Background work: the rows part of the layer index (index/chunk_rows.h), which needs the payloads.
#pragma once

#include <string>
#include <thread>
#include <unordered_map>

#include "catalog/state.h"

namespace mutoscope::catalog {

// One thread of low priority that lives as long as this. It waits until registrations are over and a second went by without a new
// one, takes the layers without rows, and writes them in packs of about 64 MB. A layer whose recording has changed or vanished is
// left out until the next start.
class RowsWriter {
 public:
  explicit RowsWriter(CatalogState& state);
  // Stops within the time of one chunk; rows that are not written yet are made by the next run.
  ~RowsWriter();
  RowsWriter(const RowsWriter&) = delete;
  RowsWriter& operator=(const RowsWriter&) = delete;

 private:
  struct Batch;
  void Run();
  bool WaitForWork(uint64_t* changes_done);
  bool MayGoOn();
  bool Grows(index::LayerId layer);
  void WriteAll();
  arrow::Status Add(const LayerWithoutRows& layer, Batch* batch);
  arrow::Status Flush(Batch* batch);

  CatalogState& state_;
  std::unordered_map<index::LayerId, std::string> skipped_;  // and why
  std::thread thread_;
};

}  // namespace mutoscope::catalog
