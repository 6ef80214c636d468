#include <algorithm>
#include <optional>

#include "chunk/chunk_table.h"

namespace mutoscope::chunk {
namespace {

// Over the rows in which that component is set.
TimeRange RangeOfComponent(const ChunkComponent& component, const ChunkTime& chunk_time) {
  for (const ComponentTime& time : component.times) {
    if (time.timeline == chunk_time.timeline) return time.range;
  }
  return chunk_time.range;
}

}  // namespace

std::vector<std::pair<Timeline, TimeRange>> SegmentTimeRanges(const ChunkTable& table) {
  std::vector<std::optional<TimeRange>> ranges(table.timelines.size());
  for (const ChunkRow& chunk : table.chunks) {
    for (const ChunkTime& time : chunk.times) {
      for (const ChunkComponent& component : chunk.components) {
        if (component.rows_set == 0) continue;
        const TimeRange range = RangeOfComponent(component, time);
        std::optional<TimeRange>& all = ranges[time.timeline];
        all = all.has_value() ? TimeRange{std::min(all->min, range.min), std::max(all->max, range.max)} : range;
      }
    }
  }
  std::vector<std::pair<Timeline, TimeRange>> out;
  for (size_t i = 0; i < ranges.size(); ++i) {
    if (ranges[i].has_value()) out.emplace_back(table.timelines[i], *ranges[i]);
  }
  return out;
}

}  // namespace mutoscope::chunk
