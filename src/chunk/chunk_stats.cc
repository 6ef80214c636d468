#include "chunk/chunk_stats.h"

#include <algorithm>

#include "arrow/array.h"
#include "chunk/canonical.h"

namespace mutoscope::chunk {
namespace {

bool HasInstances(const arrow::ListArray& cells) {
  for (int64_t row = 0; row < cells.length(); ++row) {
    if (cells.IsValid(row) && cells.value_length(row) > 0) return true;
  }
  return false;
}

TimeRange RangeWhereSet(const arrow::Array& times, const arrow::Array& cells) {
  const int64_t* values = TimesOf(times);
  TimeRange range{INT64_MAX, INT64_MIN};
  for (int64_t row = 0; row < cells.length(); ++row) {
    if (cells.IsNull(row)) continue;
    range.min = std::min(range.min, values[row]);
    range.max = std::max(range.max, values[row]);
  }
  return range;
}

TimeRange RangeOf(const arrow::Array& times) {
  const int64_t* values = TimesOf(times);
  const auto [min, max] = std::minmax_element(values, values + times.length());
  return {*min, *max};
}

ComponentStats ComponentStatsOf(const Chunk& chunk, size_t component, const std::vector<TimeRange>& chunk_ranges) {
  const auto& cells = static_cast<const arrow::ListArray&>(*chunk.batch->column(chunk.component_column(component)));
  ComponentStats stats{.descriptor = chunk.components[component],
                       .type = cells.type(),
                       .rows_set = static_cast<uint64_t>(cells.length() - cells.null_count()),
                       .has_instances = HasInstances(cells),
                       .ranges = {}};
  if (stats.rows_set == 0) return stats;
  if (cells.null_count() == 0) {
    stats.ranges = chunk_ranges;
    return stats;
  }
  for (size_t i = 0; i < chunk.timelines.size(); ++i) {
    stats.ranges.push_back(RangeWhereSet(*chunk.batch->column(chunk.time_column(i)), cells));
  }
  return stats;
}

}  // namespace

ChunkStats StatsOf(const Chunk& chunk) {
  ChunkStats stats{.id = chunk.id,
                   .entity_path = chunk.entity_path,
                   .num_rows = static_cast<uint64_t>(chunk.num_rows()),
                   .timelines = chunk.timelines,
                   .ranges = {},
                   .components = {}};
  for (size_t i = 0; i < chunk.timelines.size() && stats.num_rows > 0; ++i) {
    stats.ranges.push_back(RangeOf(*chunk.batch->column(chunk.time_column(i))));
  }
  for (size_t i = 0; i < chunk.components.size(); ++i) stats.components.push_back(ComponentStatsOf(chunk, i, stats.ranges));
  return stats;
}

}  // namespace mutoscope::chunk
