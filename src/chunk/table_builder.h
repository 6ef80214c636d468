// A chunk table from the statistics of its chunks.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "arrow/result.h"
#include "chunk/chunk_stats.h"
#include "chunk/chunk_table.h"
#include "chunk/dataset_schema.h"

namespace mutoscope::chunk {

// Takes chunks one after the other and keeps no more of each than the table does.
class TableBuilder {
 public:
  // INVALID_ARGUMENT naming column and types if a column or timeline of the chunk has another datatype than before.
  arrow::Status Check(const ChunkStats& stats) const;
  // A chunk that was checked.
  void Add(const rrd::ChunkPlace& place, const ChunkStats& stats);

  size_t num_chunks() const { return table_.chunks.size(); }

  ChunkTable Finish() &&;

 private:
  void AddColumn(const ChunkStats& stats, const ComponentStats& component);

  ChunkTable table_;  // all positions in order of appearance
  std::vector<DatasetColumn> columns_;
  std::unordered_map<std::string, uint32_t> entities_;
  std::map<std::string, uint32_t, std::less<>> timelines_;
  std::map<Descriptor, uint32_t> descriptors_;
  std::unordered_map<std::string, size_t> column_positions_;
};

// INVALID_ARGUMENT as TableBuilder::Check.
arrow::Result<ChunkTable> TableFromStats(const std::vector<std::pair<rrd::ChunkPlace, ChunkStats>>& chunks);

}  // namespace mutoscope::chunk
