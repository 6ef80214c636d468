// The chunk ranges of one timeline, grouped by entity: what overlaps [min, max] for one entity or for all.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "chunk/chunk_table.h"
#include "index/block_maxima.h"
#include "index/interval_tree.h"

namespace mutoscope::index {

struct ForestEntry {
  uint32_t entity = 0;
  uint32_t chunk = 0;
  chunk::TimeRange range;
};

// One flat array sorted by (entity, start), so that small groups cost no object each; 21 bytes an entry and 29 a group.
struct IntervalForest {
  std::vector<uint32_t> entities;  // of each group, ascending
  std::vector<uint32_t> begins;    // of each group in the arrays below, and the end of the last
  IntervalTree groups;             // the whole range of each group
  std::vector<int64_t> starts;
  std::vector<int64_t> ends;
  std::vector<int64_t> max_ends;  // BlockMaxima(ends)
  std::vector<uint32_t> chunks;

  static IntervalForest Build(std::vector<ForestEntry> entries);
  size_t heap_bytes() const;

  template <typename Visit>
  void VisitGroup(size_t group, chunk::TimeRange range, Visit&& visit) const {
    const auto begin = starts.begin() + begins[group];
    const auto started = std::upper_bound(begin, starts.begin() + begins[group + 1], range.max) - starts.begin();
    VisitAtLeast(ends, max_ends, begins[group], static_cast<size_t>(started), range.min, [&](size_t i) { visit(chunks[i]); });
  }
  // Calls `visit(chunk)` for each chunk that overlaps `range`, each once, in no particular order.
  template <typename Visit>
  void VisitAll(chunk::TimeRange range, Visit&& visit) const {
    groups.Visit(range.min, range.max, [&](uint32_t group) { VisitGroup(group, range, visit); });
  }
  template <typename Visit>
  void VisitEntity(uint32_t entity, chunk::TimeRange range, Visit&& visit) const {
    const auto found = std::lower_bound(entities.begin(), entities.end(), entity);
    if (range.max < range.min || found == entities.end() || *found != entity) return;
    VisitGroup(static_cast<size_t>(found - entities.begin()), range, visit);
  }
};

}  // namespace mutoscope::index
